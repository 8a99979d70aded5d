import { stat } from 'node:fs/promises';
import type { OpenedInput } from '../client/start/whole-input';
import { FEW_REQUESTS } from '../cost/estimate/formula-estimate';
import { parse } from '../input/documents';
import { identify } from '../input/id';

/** Returns the advice for a job that is too small for a batch to be worthwhile. */
export function fewText(noun: 'request' | 'document', usd?: string): string {
  const price = usd === undefined ? 'at twice the price of a batch' : `for ${usd} USD in all`;
  return (
    `Fewer than ${FEW_REQUESTS} ${noun}s: messages.create answers each immediately, ${price}. ` +
    'A batch may take up to 24 hours.'
  );
}

/** Returns the note for a job that sends few requests live. */
export const liveText = (liveBelow: number) =>
  `If fewer than ${liveBelow} requests remain to be sent, they are sent live: ` +
  'answered immediately, at full price, which is twice that of a batch.';

/** The largest input, in bytes, that is read only to count its documents. */
const SMALL = 10_000_000;

/**
 * Counts the documents of an input that is one small file.
 *
 * @returns `undefined` if it is another input, if it has many, or if it cannot be read as documents.
 */
export async function countFewDocuments(
  { path, stored, bytes }: OpenedInput,
  idField: string,
): Promise<number | undefined> {
  if (path === undefined) return undefined;
  try {
    if ((await stat(path)).size > SMALL) return undefined;
    const start = { offset: 0, line: 0 };
    let documents = 0;
    for await (const batch of parse(bytes(), stored, start, identify(idField))) {
      for (const _ of batch) if (++documents === FEW_REQUESTS) return undefined;
    }
    return documents;
  } catch {
    return undefined;
  }
}
