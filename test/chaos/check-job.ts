import { isDeepStrictEqual } from 'node:util';
import type { Result } from 'temporal-anthropic-batch/client';
import { answer, paramsDigest } from 'temporal-anthropic-batch/simulator';
import { paramsOf } from '../support/template';
import { firstOfEach, type PlannedDocument, type PlannedJob } from './jobs';
import type { UnreadableRows } from './unreadable';

/** A terminated job has been reconciled since. */
export type JobEnd = 'completed' | 'canceled' | 'failed' | 'terminated';

export interface JobVerdict {
  /** Documents with no result, with two, or with one that differs from what was paid for. */
  lost: string[];
  /** Documents whose row cannot be understood because of a fault. */
  odd: string[];
  /** Violations, each as a sentence. */
  violations: string[];
}

/** The data of an ended job. */
export interface EndedJob {
  plan: PlannedJob;
  end: JobEnd;
  /** Its chunks that were terminated alone. */
  cut: ReadonlySet<number>;
  /** The outcome of a request that was sent may still be unknown. */
  open: boolean;
  /** Its summary counts no chunks: it ended before its plan was complete, and so before anything was sent. */
  unplanned: boolean;
  results: Result[];
  /** The batches that were billed for each params, by digest. */
  billed: ReadonlyMap<string, readonly string[]>;
  /** Rows that a fault made impossible to understand. */
  unreadable: UnreadableRows;
}

/**
 * Compares a job's results with its orders and with what was billed. Payments are compared for the whole run.
 */
export function checkJob(job: EndedJob): JobVerdict {
  const { plan, end, cut, open, unplanned, results, billed, unreadable } = job;
  const violations: string[] = [];
  const lost: string[] = [];
  const odd: string[] = [];
  const payments = (document: PlannedDocument) => billed.get(paramsDigest(paramsOf(document.text))) ?? [];
  if (end === 'failed' || unplanned) {
    const paid = plan.documents.filter((document) => payments(document).length > 0);
    if (paid.length > 0) violations.push(`${plan.id} ${end}, but ${paid.length} of its requests were billed`);
    if (results.length > 0) violations.push(`${plan.id} ${end}, but has ${results.length} results`);
    return { lost: paid.map(({ id }) => id), odd, violations };
  }
  const first = firstOfEach(plan);
  for (const [index, document] of plan.documents.entries()) {
    const result = results[index];
    if (result?.id !== document.id) {
      lost.push(document.id);
      violations.push(`${plan.id}: the result ${index} belongs to ${result?.id}, not to ${document.id}`);
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

/**
 * Returns whether a fault made a document's row impossible to understand, and its result reports that and
 * quotes the row.
 */
function isOdd(result: Result, unreadable: UnreadableRows): boolean {
  if (result.status === 'succeeded' || result.class !== 'unreadable') return false;
  const { batch_id, custom_id, error } = result;
  if (batch_id === null || custom_id === null || !unreadable.get(batch_id)?.has(custom_id)) return false;
  return error.type === 'unreadable' && error.row?.includes(custom_id) === true;
}

/**
 * Returns the errors that a document may have while its answer is still missing: the workflow that collects
 * it may have been terminated too.
 */
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
    return { text: `has a different outcome from ${sent.id}, whose request is equal`, lost: true };
  }
  if (expected === 'unsendable') {
    const isUnsent = result.status === 'not_sent' && result.error.type === 'request_too_large';
    return isUnsent && !paid ? undefined : { text: 'is too large, but was sent', lost: false };
  }
  if (result.status === 'succeeded') {
    if (expected === 'failed') return { text: 'succeeded, but was ordered to fail', lost: false };
    if (!paid) return { text: 'has an answer that was not billed', lost: false };
    const serviceTier = result.batch_id === null ? 'standard' : 'batch';
    if (sameAnswer(result.message, answer(paramsOf(text), { serviceTier }))) return undefined;
    return { text: 'has an answer that is not its own', lost: true };
  }
  // The request was sent in every round of the job, or the job or chunk was cut short after a round that lost
  // the answer.
  const isAnswerLost = result.error.type === 'answer_lost' && (cut || result.attempts === maxRounds);
  if (live && isAnswerLost) return undefined;
  if (paid && !awaited.includes(result.error.type))
    return { text: 'was billed, but its answer is lost', lost: true };
  if (cut || expected === 'failed') return undefined;
  if (expected === 'either' && result.attempts === maxRounds) return undefined;
  return { text: 'has no answer, but was ordered to succeed', lost: true };
}

/** Compares everything except the document's id. */
function isSame(result: Result, other: Result): boolean {
  return isDeepStrictEqual({ ...result, id: other.id }, other);
}

/** Compares everything except the id, which depends on the batch. */
function sameAnswer(message: object, expected: object): boolean {
  return isDeepStrictEqual({ ...message, id: '' }, { ...expected, id: '' });
}
