import type { OutcomeClass, ResultStatus } from '../job/job';
import { idEnd } from './document-line';

/** What a line of results begins with, behind the id: every one is written in this order. */
const OUTCOME = /^","status":"(\w+)","class":"(\w+)"/;
const LONGEST = 80;

function outcomeOf(line: Buffer): RegExpExecArray {
  const end = idEnd(line);
  const outcome = OUTCOME.exec(line.toString('latin1', end, end + LONGEST));
  if (!outcome) throw new SyntaxError('A line of results does not say what became of its document.');
  return outcome;
}

/** Without a parse of the answer. */
export const statusOf = (line: Buffer): ResultStatus => outcomeOf(line)[1] as ResultStatus;
export const classOf = (line: Buffer): OutcomeClass => outcomeOf(line)[2] as OutcomeClass;

/** The line of another document that has the same outcome. */
export function underId(id: string, line: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`{"id":${JSON.stringify(id)}`), line.subarray(idEnd(line) + 1)]);
}
