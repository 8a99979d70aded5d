import { peekSucceeded, readRow } from '../src/anthropic/results';
import { parseCustomId } from '../src/job/custom-id';

/** What a line of raw results in the store is about; `key` is for the error. */
export function storedRow(line: Buffer, key: string): { ordinal: number; succeeded: boolean } {
  const peeked = peekSucceeded(line);
  const { customId, status } =
    peeked === undefined ? readRow(line) : { customId: peeked, status: 'succeeded' };
  const id = parseCustomId(customId);
  // Checked when the results were retrieved; a row that is none of ours would be a bug here.
  if (!id) throw new Error(`The raw results ${key} have a custom_id that was not sent.`);
  return { ordinal: id.ordinal, succeeded: status === 'succeeded' };
}
