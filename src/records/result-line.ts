import type { OutcomeClass, ResultStatus } from '../job/job';
import { idEnd } from './document-line';

/** The start of a result line after the id. All lines are written in this order. */
const OUTCOME = /^","status":"(\w+)","class":"(\w+)"/;
const LONGEST = 80;

function outcomeOf(line: Buffer): RegExpExecArray {
  const end = idEnd(line);
  const outcome = OUTCOME.exec(line.toString('latin1', end, end + LONGEST));
  if (!outcome) throw new SyntaxError('A line of results has no status and class.');
  return outcome;
}

/** Returns the status without parsing the answer. */
export const statusOf = (line: Buffer): ResultStatus => outcomeOf(line)[1] as ResultStatus;
export const classOf = (line: Buffer): OutcomeClass => outcomeOf(line)[2] as OutcomeClass;

/** Returns the line of another document with the same outcome. */
export function underId(id: string, line: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`{"id":${JSON.stringify(id)}`), line.subarray(idEnd(line) + 1)]);
}
