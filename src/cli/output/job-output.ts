import type { OnCompleteState } from '../../client/read/on-complete-state';
import type { RetryingStep } from '../../client/read/retrying';
import type { Cost } from '../../cost/cost';
import { costGap, costText } from '../../cost/text';
import type { ErrorCount } from '../../job/error-counts';
import { type BatchInFlight, hasEnded, type JobProgress, type JobSummary } from '../../job/job';
import type { LiveCounts } from '../../job/live';
import { type OddCounts, oddText } from '../../job/odd-results';
import { onCompleteName } from '../../job/on-complete';
import { roundName } from '../../job/round-name';
import { counted, grouped, say } from './print';
import { age, until } from './progress-line';
import { type Row, rows } from './rows';

/** The JSON report of a job that has ended. */
export interface JobReport {
  job: string;
  state: JobSummary['state'];
  documents: number;
  succeeded: number;
  failed: number;
  chunks: number;
  batches: number;
  rounds: number;
  /** Documents for which it is unknown whether a batch holds them. */
  unresolved: number;
  /** Documents that share the answer of an equal request. */
  equal: number;
  /** Documents that have the answer of an earlier job. */
  reused: number;
  /** Documents that were not sent: over budget. */
  overBudget: number;
  /** Odd rows of results by kind. Kinds without any are absent. */
  odd: OddCounts;
  /** Documents without an answer whose request may be paid for. */
  lost: number;
  /** The most that retrying these documents costs, in USD, or `null` if unknown. */
  retryUsd: string | null;
  /** Requests that were sent live, at full price. */
  live: number;
  /** The number of resends after a lost answer. Each may have been paid for twice. */
  maybePaidTwice: number;
  /** The errors of documents without an answer, with counts, the most frequent first. */
  errors: ErrorCount[];
  /** Orphaned batches: presumed never to have existed, but bought. */
  orphaned: string[];
  /** The cost of its answers, or `null` for a job without a summary. */
  cost: Cost | null;
  /** The location of the results: the store's location and the prefix in it. `null` if there are none. */
  results: string | null;
}

type Figures = Omit<JobReport, 'job' | 'state' | 'results'>;

/** The figures of a report, in its order, as those of a job without any. */
const NO_FIGURES: Figures = {
  documents: 0,
  succeeded: 0,
  failed: 0,
  chunks: 0,
  batches: 0,
  rounds: 0,
  equal: 0,
  reused: 0,
  unresolved: 0,
  overBudget: 0,
  odd: {},
  lost: 0,
  retryUsd: null,
  live: 0,
  maybePaidTwice: 0,
  errors: [],
  orphaned: [],
  cost: null,
};

/** Returns the report of a job from its summary. */
export function jobReport(summary: JobSummary, location: string): JobReport {
  const figure = (name: keyof Figures) => [name, summary[name] ?? NO_FIGURES[name]];
  const figures = Object.fromEntries((Object.keys(NO_FIGURES) as (keyof Figures)[]).map(figure)) as Figures;
  const results = summary.results === undefined ? null : `${location.replace(/\/+$/, '')}/${summary.results}`;
  return { job: summary.job.id, state: summary.state, ...figures, results };
}

/** Returns the report of a job without a summary. */
export function emptyReport(job: string, state: JobSummary['state']): JobReport {
  return { job, state, ...NO_FIGURES, results: null };
}

/** Formats a report as text. */
export function reportText(report: JobReport): string {
  const { job, state, succeeded, failed, chunks, batches, rounds, cost, results } = report;
  // Without a summary, the figures are unknown.
  if (cost === null)
    return rows([
      ['job', job],
      ['state', state],
    ]);
  return rows([
    ['job', job],
    ['state', state],
    ['documents', documentsText(report, chunks)],
    ['succeeded', grouped(succeeded)],
    ['failed', grouped(failed)],
    ...errorRows(report.errors),
    ['chunks', grouped(chunks)],
    ['batches', grouped(batches)],
    ['rounds', grouped(rounds)],
    ...asides(report),
    ...costRows(cost),
    ['results', results ?? undefined],
  ]);
}

/**
 * Returns the number of documents. Points out an empty input, which is probably a mistake, and a job that
 * ended before its chunks began.
 */
function documentsText(
  { state, documents }: Pick<JobProgress, 'state' | 'documents'>,
  chunks: number,
): string {
  if (state === 'planning') return `${grouped(documents)} planned so far`;
  if (state === 'completed' && documents === 0) return '0: the input has no documents, so nothing was sent';
  return hasEnded(state) && chunks === 0 ? `${grouped(documents)}: nothing was sent` : grouped(documents);
}

type Asides = Partial<
  Pick<JobReport, 'equal' | 'reused' | 'unresolved' | 'overBudget' | 'odd' | 'lost' | 'orphaned'> & LiveCounts
> & { retryUsd?: string | null };

/** Returns the rows that few jobs have, such as equal requests or lost answers. */
function asides(given: Asides): Row[] {
  const { equal, reused, unresolved, overBudget, odd = {}, lost, retryUsd, orphaned = [] } = given;
  const { live, maybePaidTwice } = given;
  const count = (number: number | undefined, text: (grouped: string) => string) =>
    number ? text(grouped(number)) : undefined;
  return [
    ['equal', count(equal, (n) => `${n} share an equal request's answer`)],
    ['reused', count(reused, (n) => `${n} have the answer of an earlier job`)],
    ['live', count(live, (n) => `${n} sent at full price, because fewer than liveBelow were left to send`)],
    [
      'paid twice?',
      count(maybePaidTwice, (n) => `possibly ${n} times: a request was resent because its answer was lost`),
    ],
    ['unresolved', count(unresolved, (n) => n)],
    ['over budget', count(overBudget, (n) => `${n} not sent`)],
    ['odd results', Object.keys(odd).length > 0 ? oddText(odd) : undefined],
    ['lost', lost ? lostText(lost, retryUsd) : undefined],
    ['orphaned', orphaned.length > 0 ? orphaned.join(', ') : undefined],
  ];
}

function lostText(lost: number, retryUsd: string | null | undefined): string {
  const cost = retryUsd ? `; retrying costs at most ${retryUsd} USD` : '';
  return `${counted(lost, 'document')} may be paid for but ${lost === 1 ? 'has' : 'have'} no answer${cost}`;
}

/** The most kinds of errors that are shown. */
const MOST_ERRORS = 10;

/** Returns one row for each kind of error, such as `6 × invalid_request_error: max_tokens: …`. */
function errorRows(errors: readonly ErrorCount[] = []): Row[] {
  const shown = errors.slice(0, MOST_ERRORS).map(({ type, message, documents }, index): Row => {
    const text = `${grouped(documents)} × ${type}: ${message.replace(/\s+/g, ' ')}`;
    return [index === 0 ? 'errors' : '', text];
  });
  const rest = errors.slice(MOST_ERRORS).reduce((sum, { documents }) => sum + documents, 0);
  return rest > 0 ? [...shown, ['', `${grouped(rest)} × other errors`]] : shown;
}

function costRows(cost: Cost | null | undefined): Row[] {
  if (!cost) return [];
  return [
    ['cost', costText(cost)],
    ['', costGap(cost)],
  ];
}

/** What is shown besides a job's progress. */
interface Shown {
  summary?: JobSummary;
  retrying?: readonly RetryingStep[];
  onComplete?: OnCompleteState;
}

/** Formats a job's progress. For an ended job, also the rest of its summary. */
export function progressText(
  progress: JobProgress,
  now: number,
  { summary, retrying = [], onComplete }: Shown = {},
): string {
  const { job, state, done, succeeded, failed, chunks, batches, rounds, nextPoll, waiting } = progress;
  return rows([
    ['job', job.id],
    ['state', state],
    ['documents', documentsText(progress, chunks.planned)],
    ['done', grouped(done)],
    ['succeeded', grouped(succeeded)],
    ['failed', grouped(failed)],
    ...errorRows(summary?.errors),
    [
      'chunks',
      `${grouped(chunks.done)} of ${grouped(chunks.planned)} done, ${grouped(chunks.running)} running`,
    ],
    ['batches', grouped(batches)],
    ...inFlightRows(progress.inFlight, now),
    ['rounds', grouped(rounds)],
    ['next poll', nextPoll && `in ${until(nextPoll, now)} (${nextPoll})`],
    ['budget', progress.maxUsd && `${progress.maxUsd} USD`],
    ['waiting', waiting],
    ...(progress.stuck ?? []).map(({ workflow }): Row => ['stuck', workflow]),
    ...retryRows(job.id, retrying),
    ...asides({ ...summary, live: progress.live, maybePaidTwice: progress.maybePaidTwice }),
    ...costRows(progress.cost),
    ['failure', summary?.failure],
    ['on complete', onComplete && onCompleteText(onComplete)],
  ]);
}

function onCompleteText({ onComplete, workflow, state, attempt, failure }: OnCompleteState): string {
  const name = onCompleteName(onComplete);
  const why = failure ? `: ${failure}` : '';
  switch (state) {
    case 'waiting':
      return `${name}, when the job ends`;
    case 'missing':
      return `${name} was not started, or Temporal no longer has it`;
    case 'running':
      return `${name} is running (${workflow}${attempt ? `, attempt ${grouped(attempt)}` : ''})${why}`;
    default:
      return `${name} ${state} (${workflow})${why}`;
  }
}

const MOST_IN_FLIGHT = 5;

/** Returns rows for the batches in flight, the oldest first. */
function inFlightRows(inFlight: readonly BatchInFlight[] = [], now: number): Row[] {
  const rows = inFlight
    .slice(0, MOST_IN_FLIGHT)
    .map(({ batch, chunk, round, requests, since }, index): Row => {
      const what = `${roundName(round)} of chunk ${chunk}, ${counted(requests, 'request')}`;
      return [index === 0 ? 'in flight' : '', `${batch}: ${what}, for ${age(since, now)}`];
    });
  const more = inFlight.length - rows.length;
  return more > 0 ? [...rows, ['', `and ${counted(more, 'more batch')}`]] : rows;
}

const MOST_RETRIES = 5;

/** Returns rows for the steps that are being retried, those with the most attempts first. */
function retryRows(job: string, steps: readonly RetryingStep[]): Row[] {
  const rows = [...steps]
    .sort((a, b) => b.attempt - a.attempt)
    .slice(0, MOST_RETRIES)
    .map(({ workflow, step, attempt, failure }): Row => {
      const part = workflow === job ? '' : `${workflow.slice(workflow.lastIndexOf('/') + 1)} `;
      return ['retrying', `${part}${step}, attempt ${grouped(attempt)}: ${failure}`];
    });
  const more = steps.length - rows.length;
  return more > 0 ? [...rows, ['', `and ${counted(more, 'more step')}`]] : rows;
}

/** Prints the failures of chunks, at most five. */
export function sayFailures({ failures }: JobSummary): void {
  for (const { chunk, message } of failures.slice(0, 5)) say(`Chunk ${chunk}: ${message}`);
  if (failures.length > 5) say(`… and ${failures.length - 5} more chunks with failures.`);
}
