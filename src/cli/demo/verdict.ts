import type { JobHandle } from '../../client/handle';
import type { Result } from '../../client/types';
import { costText } from '../../cost/text';
import type { JobSummary } from '../../job/job';
import { counted, grouped } from '../output/print';
import { documentId } from './documents';

const SHOWN = 3;
const WIDTH = 100;

/** Reads all results, and reports whether every document has exactly one, in input order. */
export async function verdict(
  job: JobHandle,
  { succeeded, failed, batches, chunks, rounds, cost }: JobSummary,
  documents: number,
  /** The number of batches at the API. */
  bought: number,
): Promise<{ good: boolean; text: string }> {
  const shown: string[] = [];
  let count = 0;
  let inOrder = true;
  for await (const line of job.resultLines()) {
    const result = JSON.parse(line.toString('utf8')) as Result;
    inOrder &&= result.id === documentId(count);
    if (count++ < SHOWN) shown.push(`${result.id}  ${answerOf(result)}`);
  }
  const good = inOrder && count === documents && batches === chunks && bought === chunks;
  const order = inOrder ? 'every id once, in input order' : 'NOT in input order';
  return {
    good,
    text: [
      'The first answers:',
      ...shown.map((answer) => `  ${answer}`),
      '',
      `documents  ${grouped(count)} of ${grouped(documents)} have a result, ${order}`,
      `outcomes   ${grouped(succeeded)} succeeded, ${grouped(failed)} failed`,
      `batches    ${counted(batches, 'batch')} for ${counted(chunks, 'chunk')}, ` +
        `${counted(rounds, 'round')} each; the API holds ${grouped(bought)}`,
      `cost       ${costText(cost)} at Anthropic's prices, if this had not been a simulation`,
    ].join('\n'),
  };
}

/** Returns the beginning of an answer, or why there is none. */
function answerOf(result: Result): string {
  const text =
    result.status === 'succeeded'
      ? result.message.content.map((block) => ('text' in block ? block.text : block.type)).join(' ')
      : result.status;
  const line = text.replace(/\s+/g, ' ');
  return line.length <= WIDTH ? line : `${line.slice(0, WIDTH)}…`;
}
