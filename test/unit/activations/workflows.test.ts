import { afterAll, beforeAll, describe, test } from 'vitest';
import type { MessageBatchInput } from '../../../src/job/inputs';
import { CHUNK_STATE } from '../../../src/job/names';
import type { SegmentInput } from '../../../src/job/segments';
import fc from '../../support/fc';
import { answerOf, endOfChild, JOB, plans, SETTINGS, TIMES } from './answers';
import { Choices, paths } from './choices';
import { signaled } from './events';
import { comparePath, type Scenario } from './path';
import { load, type Workflows } from './vm';

let workflows: Workflows;
beforeAll(async () => {
  workflows = await load('../../../workflows/index.ts', 'interceptors.ts');
}, 600_000);
afterAll(() => workflows.destroy());

type Product = Omit<Scenario, 'answer' | 'childEnd' | 'interceptors'>;

const parent = { workflowId: 'job', runId: 'run-of-the-job' };

const chunk = (more: Partial<MessageBatchInput> = {}): Product => ({
  type: 'anthropicMessageBatch',
  workflowId: 'job/chunk-0',
  parent,
  args: [
    {
      job: JOB,
      chunk: 0,
      plan: plans(1)[0]!,
      settings: SETTINGS,
      times: TIMES,
      searchAttributes: true,
      ...more,
    },
  ],
});

const segment = (more: Partial<SegmentInput> = {}): Product => ({
  type: 'anthropicSegment',
  workflowId: 'job/segment-0',
  parent,
  args: [
    {
      job: JOB,
      segment: 0,
      first: 0,
      plans: plans(5),
      slots: { batches: 2, requests: 30 },
      settings: SETTINGS,
      times: TIMES,
      searchAttributes: true,
      ...more,
    },
  ],
  signal: chunkState,
});

const end = { canceled: true, unsent: { type: 'canceled', message: 'The job was canceled.' } };
const adopted = { documents: 10, requests: 10, adopted: { batch: 'msgbatch_9', ended: false } };

function chunkState(choices: Choices) {
  const state = {
    chunk: choices.of([0, 1, 2]),
    phase: choices.of(['submitting', 'in progress', 'over budget', 'held']),
    requests: 10,
    round: 0,
    batches: 0,
  };
  return signaled(
    CHUNK_STATE,
    choices.of<unknown>([
      state,
      { ...state, batch: 'msgbatch_1', since: 1_800_000_000_000 },
      { ...state, reason: { code: 'answerLost', round: 0, watching: ['msgbatch_2'] } },
      { ...state, reason: { code: 'answerLost', round: 0, watching: 7 } },
      null,
      { chunk: 0 },
      'text',
      7,
    ]),
  );
}

const scenarios: Record<string, Product> = {
  'a document set': {
    type: 'anthropicDocumentSet',
    args: [{ job: JOB, searchAttributes: true, waitForWorker: 86_400_000 }],
    signal: chunkState,
  },
  'a firing of a schedule': {
    type: 'anthropicDocumentSet',
    args: [
      {
        firing: { schedule: 'daily', spec: 'schedules/daily.json', store: 'store' },
        searchAttributes: false,
        waitForWorker: 86_400_000,
      },
    ],
    signal: chunkState,
  },
  'a chunk': chunk(),
  'a chunk that does not wait for a budget': chunk({
    settings: { ...SETTINGS, onBudget: 'end', resendLostResults: true },
  }),
  'a chunk that is sent live': chunk({ live: true, searchAttributes: false }),
  'a chunk of an adopted batch': chunk({ plan: adopted }),
  'a chunk of an adopted batch that has ended': chunk({
    plan: { ...adopted, adopted: { batch: 'msgbatch_9', ended: true } },
  }),
  'a chunk that salvages': chunk({ salvage: true }),
  'a chunk that salvages and keeps': chunk({ salvage: 'keep' }),
  'a segment': segment(),
  'a segment that closes': segment({ closing: end }),
  'a segment that closes and salvages': segment({
    closing: end,
    salvage: true,
    rebuild: { under: 'job/reconcile', cancel: true },
  }),
  'a reconciliation': {
    type: 'anthropicReconcileJob',
    args: [{ job: JOB, cancel: false, gone: 'It was terminated.' }],
    signal: chunkState,
  },
  'a reconciliation that cancels': {
    type: 'anthropicReconcileJob',
    args: [{ job: JOB, cancel: true, ended: 'canceled', onComplete: { webhook: 'ops' } }],
    signal: chunkState,
  },
  'a deletion': { type: 'anthropicDeleteJob', args: [JOB] },
  'a call of a webhook': { type: 'anthropicCallWebhook', args: [{ job: JOB, webhook: 'ops', summary: {} }] },
};

/** More paths, for a manual search. */
const FACTOR = Number(process.env.PATHS ?? 1);

/**
 * With OpenTelemetry, trace ids come from the workflow's random numbers, also for signals, which come first
 * in an activation. So the ids differ, as do randomly spread pauses. A replay does not compare them.
 */
const CASES = [
  { interceptors: 'ours', compared: 'whole commands', clock: 'right', runs: 4 },
  // Commands that contain times differ then.
  { interceptors: 'ours', compared: 'kinds of commands', clock: 'stale', runs: 4 },
  { interceptors: 'otel ours', compared: 'kinds of commands', clock: 'stale', runs: 2 },
  { interceptors: 'ours otel', compared: 'kinds of commands', clock: 'stale', runs: 2 },
] as const;

describe.each(CASES)(
  '$compared are the same in two activations and in one, under $interceptors, with a $clock clock',
  ({ interceptors, compared, clock, runs }) => {
    test.each(Object.entries(scenarios))(
      '%s',
      async (_, scenario) => {
        const whole = { ...scenario, interceptors, answer: answerOf, childEnd: endOfChild };
        await fc.assert(
          fc.asyncProperty(paths, async (path) => {
            await comparePath(workflows, whole, new Choices(path), clock, compared);
          }),
          { numRuns: runs * FACTOR, endOnFailure: true },
        );
      },
      300_000,
    );
  },
);
