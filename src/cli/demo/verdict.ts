import type { JobHandle } from '../../client/handle';
import type { JobSummary } from '../../job/job';
import { counted, grouped } from '../output/print';
import { documentId } from './documents';

const SHOWN = 3;
const WIDTH = 160;

/** Reads all results, and reports whether every document has exactly one, in input order. */
export async function verdict(
  job: JobHandle,
  { succeeded, failed, batches, chunks, rounds }: JobSummary,
  documents: number,
  /** The number of batches at the API. */
  bought: number,
): Promise<{ good: boolean; text: string }> {
  const shown: string[] = [];
  let count = 0;
  let inOrder = true;
  for await (const line of job.resultLines()) {
    const text = line.toString('utf8');
    inOrder &&= (JSON.parse(text) as { id: string }).id === documentId(count);
    if (count++ < SHOWN) shown.push(text.length <= WIDTH ? text : `${text.slice(0, WIDTH)}…`);
  }
  const good = inOrder && count === documents && batches === chunks && bought === chunks;
  const order = inOrder ? 'every id once, in input order' : 'NOT in input order';
  return {
    good,
    text: [
      ...shown,
      '',
      `documents  ${grouped(count)} of ${grouped(documents)} have a result, ${order}`,
      `outcomes   ${grouped(succeeded)} succeeded, ${grouped(failed)} failed`,
      `batches    ${counted(batches, 'batch')} for ${counted(chunks, 'chunk')}, ` +
        `${counted(rounds, 'round')} each; the API holds ${grouped(bought)}`,
    ].join('\n'),
  };
}
