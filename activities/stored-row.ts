import { peekRow } from '../src/anthropic/results';
import { parseCustomId } from '../src/job/custom-id';

/** What a line of raw results in the store is about; `key` is for the error. */
export function storedRow(line: Buffer, key: string): { ordinal: number; succeeded: boolean } {
  const { customId, succeeded } = peekRow(line);
  const id = parseCustomId(customId);
  // Checked when the results were retrieved; a row that is none of ours would be a bug here.
  if (!id) throw new Error(`The raw results ${key} have a custom_id that was not sent.`);
  return { ordinal: id.ordinal, succeeded };
}
