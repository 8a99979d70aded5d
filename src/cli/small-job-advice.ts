import { stat } from 'node:fs/promises';
import { fileSource } from '../client/start/input';
import { FEW_REQUESTS } from '../cost/estimate/formula-estimate';
import type { ReadOptions } from '../input/documents';
import { readDocuments } from '../input/documents';

/** What a person is told who is about to batch what hardly needs it. */
export function fewText(noun: 'request' | 'document', usd?: string): string {
  const price = usd === undefined ? 'at twice the price of a batch' : `for ${usd} USD in all`;
  return `Fewer than ${FEW_REQUESTS} ${noun}s: messages.create answers each at once, ${price}; a batch may take up to 24 hours.`;
}

/** The same where the job sends few requests live. */
export const liveText = (liveBelow: number) =>
  `Where fewer than ${liveBelow} requests are to be sent, they are sent live: answered at once, at full price, which is twice that of a batch.`;

/** Bytes: a larger input is not read only to see how few documents it has. */
const SMALL = 10_000_000;

/** Counts the documents of a file that has few. @returns `undefined` for a larger file, and for one that the job will refuse. */
export async function countFewDocuments(file: string, read: ReadOptions): Promise<number | undefined> {
  try {
    if ((await stat(file)).size > SMALL) return undefined;
    let documents = 0;
    for await (const batch of readDocuments(fileSource(file), file, read)) {
      for (const _ of batch) if (++documents === FEW_REQUESTS) return undefined;
    }
    return documents;
  } catch {
    return undefined;
  }
}
