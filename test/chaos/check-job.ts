import { isDeepStrictEqual } from 'node:util';
import type { Result } from 'temporal-anthropic-batch/client';
import { answer, paramsDigest } from 'temporal-anthropic-batch/simulator';
import { paramsOf } from '../support/template';
import { firstOfEach, type PlannedDocument, type PlannedJob } from './jobs';
import type { UnreadableRows } from './unreadable';

/** One that was terminated has been brought home since. */
export type JobEnd = 'completed' | 'canceled' | 'failed' | 'terminated';

export interface JobVerdict {
  /** Documents that have no result, or two, or one that is not what was paid for. */
  lost: string[];
  /** Documents whose row cannot be understood, as a fault made it. */
  odd: string[];
  /** What must not be, each in a sentence. */
  violations: string[];
}

/** What is known of a job that has ended. */
export interface EndedJob {
  plan: PlannedJob;
  end: JobEnd;
  /** Chunks of it that were terminated alone. */
  cut: ReadonlySet<number>;
  /** It may not be known yet what became of a request that was sent. */
  open: boolean;
  /** Its summary counts no chunks: it ended before its plan was whole, and so before anything was sent. */
  unplanned: boolean;
  results: Result[];
  /** In which batches each params were billed, by their digest. */
  billed: ReadonlyMap<string, readonly string[]>;
  /** Rows that a fault showed so that they cannot be understood. */
  unreadable: UnreadableRows;
}

/** Compares a job's results with what was ordered and with what was billed. Payments are compared over the whole run. */
export function checkJob(job: EndedJob): JobVerdict {
  const { plan, end, cut, open, unplanned, results, billed, unreadable } = job;
  const violations: string[] = [];
  const lost: string[] = [];
  const odd: string[] = [];
  const payments = (document: PlannedDocument) => billed.get(paramsDigest(paramsOf(document.text))) ?? [];
  if (end === 'failed' || unplanned) {
    const paid = plan.documents.filter((document) => payments(document).length > 0);
    if (paid.length > 0) violations.push(`${plan.id} ${end}, and ${paid.length} of its requests were billed`);
    if (results.length > 0) violations.push(`${plan.id} ${end}, and has ${results.length} results`);
    return { lost: paid.map(({ id }) => id), odd, violations };
  }
  const first = firstOfEach(plan);
  for (const [index, document] of plan.documents.entries()) {
    const result = results[index];
    if (result?.id !== document.id) {
      lost.push(document.id);
      violations.push(`${plan.id}: the result ${index} is of ${result?.id}, not of ${document.id}`);
      continue;
    }
    const cutJob = end === 'canceled' || end === 'terminated';
    const sent = first.get(document.text)!;
    const cutAlone = cut.has(Math.floor(sent / plan.chunkSize));
    if (isOdd(result, unreadable) && isSame(result, results[sent]!)) {
      odd.push(document.id);
      continue;
    }
    const problem = problemOf(result, document, {
      sent: results[sent]!,
      maxRounds: plan.maxRounds,
      live: plan.terms.liveBelow !== undefined,
      cut: cutJob || cutAlone,
      awaited: open ? awaitedAfter({ cutJob, cutAlone }) : [],
      paid: payments(document).length > 0,
    });
    if (!problem) continue;
    if (problem.lost) lost.push(document.id);
    violations.push(`${plan.id} ${document.id}: ${problem.text}: ${JSON.stringify(result).slice(0, 400)}`);
  }
  if (results.length > plan.documents.length) {
    violations.push(`${plan.id}: ${results.length} results of ${plan.documents.length} documents`);
  }
  return { lost, odd, violations };
}

/** Whether a fault made the row of a document one that cannot be understood, and its result says so and shows the row. */
function isOdd(result: Result, unreadable: UnreadableRows): boolean {
  if (result.status === 'succeeded' || result.class !== 'unreadable') return false;
  const { batch_id, custom_id, error } = result;
  if (batch_id === null || custom_id === null || !unreadable.get(batch_id)?.has(custom_id)) return false;
  return error.type === 'unreadable' && error.row?.includes(custom_id) === true;
}

/** By which errors a document's answer is said to be still out: whoever was to bring it home may have been terminated too. */
function awaitedAfter({ cutJob, cutAlone }: { cutJob: boolean; cutAlone: boolean }): string[] {
  if (cutAlone) return ['unresolved', 'results_unavailable'];
  return cutJob ? ['unresolved'] : [];
}

interface Circumstances {
  /** The result of the first document with the same request, which was sent. */
  sent: Result;
  maxRounds: number;
  /** Requests of the job may have been sent live. */
  live: boolean;
  cut: boolean;
  awaited: string[];
  paid: boolean;
}

function problemOf(
  result: Result,
  { text, expected }: PlannedDocument,
  { sent, maxRounds, live, cut, awaited, paid }: Circumstances,
): { text: string; lost: boolean } | undefined {
  if (!isSame(result, sent)) {
    return { text: `has another outcome than ${sent.id}, whose request is equal`, lost: true };
  }
  if (expected === 'unsendable') {
    const isUnsent = result.status === 'not_sent' && result.error.type === 'request_too_large';
    return isUnsent && !paid ? undefined : { text: 'is too large, and was sent', lost: false };
  }
  if (result.status === 'succeeded') {
    if (expected === 'failed') return { text: 'succeeded, and was ordered to fail', lost: false };
    if (!paid) return { text: 'has an answer that was not billed', lost: false };
    const serviceTier = result.batch_id === null ? 'standard' : 'batch';
    if (sameAnswer(result.message, answer(paramsOf(text), { serviceTier }))) return undefined;
    return { text: 'has an answer that is not its own', lost: true };
  }
  // It was sent in every round that the job has, or the job, or its chunk, was cut short after a round that lost it.
  const isAnswerLost = result.error.type === 'answer_lost' && (cut || result.attempts === maxRounds);
  if (live && isAnswerLost) return undefined;
  if (paid && !awaited.includes(result.error.type))
    return { text: 'was billed, and its answer is lost', lost: true };
  if (cut || expected === 'failed') return undefined;
  if (expected === 'either' && result.attempts === maxRounds) return undefined;
  return { text: 'has no answer, and was ordered one', lost: true };
}

/** But for the document's id. */
function isSame(result: Result, other: Result): boolean {
  return isDeepStrictEqual({ ...result, id: other.id }, other);
}

/** But for the id, which is of the batch. */
function sameAnswer(message: object, expected: object): boolean {
  return isDeepStrictEqual({ ...message, id: '' }, { ...expected, id: '' });
}
