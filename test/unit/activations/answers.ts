/** The answers of activities and child workflows on which workflows base decisions. */
import type { Activities } from '../../../activities';
import { unknownCost } from '../../../src/cost/cost';
import type {
  Bought,
  ChunkRef,
  NotSent,
  Poll,
  ReconcileOutcome,
  SubmitOutcome,
  WhyNotSent,
} from '../../../src/job/activity-types';
import type { Control } from '../../../src/job/control';
import { FAILURE, type FailureType } from '../../../src/job/failure';
import type { ChunkPlan, ChunkSummary, JobRef, JobSettings, JobSummary } from '../../../src/job/job';
import { CALL_WEBHOOK, DOCUMENT_SET, MESSAGE_BATCH, SEGMENT } from '../../../src/job/names';
import { submissionTimes } from '../../../src/job/protocol/submission';
import type { Failed, OverBudget } from '../../../src/job/reason';
import { SEGMENT_CHUNKS, type Totals } from '../../../src/job/segments';
import type { Choices } from './choices';

export const JOB: JobRef = { id: 'job', instance: 'instance', store: 'store' };
export const TIMES = submissionTimes();
export const SETTINGS: JobSettings = {
  maxBatchesInFlight: 2,
  maxRequestsInFlight: 30,
  pollFloor: 30_000,
  pollCeiling: 900_000,
  maxRounds: 3,
  onBudget: 'wait',
  resendLostResults: false,
  deduplicate: true,
  reuse: false,
  liveBelow: 0,
};

const seconds = (n: number) => n * 1_000;
const none = { succeeded: 0, errored: 0, expired: 0, canceled: 0, not_sent: 0 };
const COST = unknownCost(1);

export const plans = (count: number): ChunkPlan[] =>
  Array.from({ length: count }, (_, index) => ({ documents: 10, requests: index % 4 === 3 ? 0 : 10 }));

const bought: Bought = { kind: 'bought', batch: 'msgbatch_1', createdAt: '2027-01-15T08:00:00.000Z' };
const notSent = (why: WhyNotSent): NotSent => ({ kind: 'notSent', why });
const overtaken = notSent({ code: 'overtaken' });
const failed = (type: FailureType): Failed => ({ code: 'failed', type, message: `It failed: ${type}.` });
const overBudget = (fit: OverBudget['fit']): NotSent => {
  const amounts = { maxUsd: '5', spent: '4', reserved: '1', worst: '3' };
  return notSent({ code: 'overBudget', reason: { code: 'overBudget', fit, budget: 'job', ...amounts } });
};
const full = overBudget('full');
const limited = notSent({ code: 'failed', reason: failed(FAILURE.limited) });
const lost = { requests: 10, sentAt: '2027-01-15T08:00:00.000Z' };
const searching = {
  kind: 'searching',
  complete: true,
  watching: [],
  attempt: 0,
  presumedLost: 0,
  lost,
} satisfies ReconcileOutcome;

const searched = (choices: Choices) =>
  choices.of<ReconcileOutcome>([
    bought,
    searching,
    overtaken,
    { ...searching, complete: false, reason: failed(FAILURE.unavailable), delay: seconds(20) },
    { ...searching, watching: ['msgbatch_2'] },
    { ...searching, blocked: { code: 'keyChanged' } },
    { kind: 'held', reason: { code: 'presumedLostBefore', attempts: 1 }, presumedLost: 1, lost },
    { ...bought, watch: true },
  ]);

const chunkSummary = (choices: Choices, chunk: number): ChunkSummary => ({
  chunk,
  documents: 10,
  counts: { ...none, ...choices.of([{ succeeded: 10 }, { succeeded: 8, errored: 2 }, { not_sent: 10 }]) },
  batches: ['msgbatch_1'],
  rounds: choices.of([1, 2]),
  cost: COST,
});

const jobSummary: JobSummary = {
  job: JOB,
  state: 'completed',
  documents: 40,
  succeeded: 40,
  failed: 0,
  counts: { ...none, succeeded: 40 },
  chunks: 4,
  batches: 4,
  rounds: 1,
  results: 'jobs/job/results/',
  endedAt: '2027-01-15T09:00:00.000Z',
  failures: [],
  cost: COST,
};

/** A workflow of a user's. */
const FOLLOW_UP = 'notify';

type Answers = {
  [Name in keyof Activities]: (
    choices: Choices,
    input: Parameters<Activities[Name]>[0],
  ) => Awaited<ReturnType<Activities[Name]>>;
};

const answers: Answers = {
  anthropicPrepare: (choices) => ({
    settings: {
      ...SETTINGS,
      ...choices.of<Partial<JobSettings>>([
        {},
        { deduplicate: true },
        { liveBelow: 100 },
        { onBudget: 'end', maxUsd: '5' },
        { maxBatchesInFlight: 100, maxRequestsInFlight: 10_000 },
      ]),
    },
    times: TIMES,
    model: 'claude-haiku-5-5',
    budget: choices.of([undefined, true]),
    retry: choices.of([undefined, true]),
    onComplete: choices.of([undefined, { webhook: 'ops' }, { workflow: FOLLOW_UP, args: [1] }]),
  }),
  anthropicRecoverLost: () => undefined,
  anthropicSendWebhook: () => undefined,
  anthropicPlan: (choices, { cursor }) => {
    const chunk = cursor?.chunk ?? 0;
    const count = choices.of([3, 1, 4, 2, 3, SEGMENT_CHUNKS + 1]);
    const last = chunk > 0 || choices.of([true, true, true, false]);
    return {
      chunks: plans(count),
      cursor: last ? undefined : { offset: 1, line: 1, chunk: chunk + count },
    };
  },
  anthropicCheckIds: () => undefined,
  anthropicFindEqual: (choices) => ({ chunks: choices.of<[number, number][]>([[], [[0, 2]]]) }),
  anthropicWorstCase: () => ({ requests: 30, worst: '3' }),
  anthropicAwaitRequest: (choices, { seen }) => {
    const requests = Math.max(seen, 0) + 1;
    return choices.of<Control | undefined>([
      { requests, paused: false, resumes: requests },
      { requests, paused: true, resumes: 0 },
      undefined,
      { requests, paused: false, resumes: 0, maxUsd: '20' },
    ]);
  },
  anthropicAwaitBudget: () => undefined,
  anthropicDeleteBatches: () => ({ deleted: 2, running: [] }),
  anthropicReadPlan: (choices, { from }) => ({
    settings: SETTINGS,
    times: TIMES,
    chunks: plans(choices.of([3, 1, 4, SEGMENT_CHUNKS + 1])),
    begun: choices.of([true, true, false]),
    next: from === 0 ? choices.of([undefined, undefined, 3]) : undefined,
  }),
  anthropicSubmit: (choices) =>
    choices.of<SubmitOutcome>([
      bought,
      { kind: 'mustReconcile' },
      { kind: 'mustReconcile', reason: failed(FAILURE.unavailable) },
      overtaken,
      { ...bought, stored: true },
      notSent({ code: 'failed', reason: failed(FAILURE.limited), delay: seconds(90) }),
      notSent({ code: 'failed', reason: failed(FAILURE.billing) }),
      full,
      overBudget('crowded'),
      notSent({ code: 'fenced', reason: { code: 'chunkClosed' } }),
      notSent({ code: 'begunLive' }),
      notSent({ code: 'paused', requests: 1 }),
    ]),
  anthropicSendLive: (choices) =>
    choices.of<SubmitOutcome>([
      { kind: 'answered' },
      notSent({ code: 'begunLive' }),
      notSent({ code: 'paused', requests: 1 }),
      full,
      limited,
      { kind: 'mustReconcile' },
    ]),
  anthropicReconcile: searched,
  anthropicOpenRound: (choices) =>
    choices.of([
      { round: 0, batch: 'msgbatch_1' },
      null,
      { round: 1 },
      { round: 0, live: true as const },
      { watch: true as const },
      { round: 0, batch: 'msgbatch_1', watch: true as const },
    ]),
  anthropicPoll: (choices) =>
    choices.of<Poll>([
      { status: 'ended' },
      { status: 'in_progress' },
      { status: 'canceling' },
      { status: 'in_progress', orphaned: ['msgbatch_3'] },
      { status: 'in_progress', reason: failed(FAILURE.unavailable) },
    ]),
  anthropicCancel: () => undefined,
  anthropicRetrieve: (choices) => ({
    rows: 10,
    succeeded: 8,
    ...choices.of([
      { outstanding: 0, unpaid: 0 },
      { outstanding: 2, unpaid: 0 },
      { outstanding: 2, unpaid: 2 },
      { outstanding: 3, unpaid: 1 },
    ]),
  }),
  anthropicCollectOrphans: (choices) => ({
    orphaned: [],
    running: choices.of([[], [], ['msgbatch_3']]),
    unread: choices.of([[], [], ['msgbatch_3']]),
  }),
  anthropicWriteOff: (choices) =>
    choices.of([
      { outstanding: 0 },
      { outstanding: 10 },
      { outstanding: 0, home: true as const },
      { outstanding: 0, there: true as const },
    ]),
  anthropicFinishChunk: (choices, { chunk }) => chunkSummary(choices, chunk),
  anthropicFinishJob: () => jobSummary,
};

/** What the activity returns. */
export function answerOf(activity: string, input: unknown, choices: Choices): unknown {
  const answer = answers[activity as keyof Answers];
  if (!answer) throw new Error(`The test has no answer for ${activity}`);
  return (answer as (choices: Choices, input: unknown) => unknown)(choices, input);
}

/** What the child workflow returns. */
export function endOfChild(workflow: string, input: unknown, choices: Choices): unknown {
  switch (workflow) {
    case MESSAGE_BATCH:
      return chunkSummary(choices, (input as ChunkRef).chunk);
    case SEGMENT:
      return totals;
    // What a job starts at its end, and does not wait for.
    case CALL_WEBHOOK:
    case FOLLOW_UP:
      return undefined;
    default:
      throw new Error(`${DOCUMENT_SET} starts no ${workflow}`);
  }
}

const totals: Totals = {
  done: 2_500,
  succeeded: 2_500,
  failed: 0,
  chunksDone: SEGMENT_CHUNKS,
  chunksRunning: 0,
  batches: SEGMENT_CHUNKS,
  rounds: 1,
  cost: COST,
};
