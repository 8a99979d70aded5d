import type { JobHandle, JobSummary } from 'temporal-anthropic-batch/client';
import { JobCanceledError, JobFailedError } from 'temporal-anthropic-batch/client';
import type { SimulatorOptions } from 'temporal-anthropic-batch/simulator';
import { expect, test } from 'vitest';
import { own } from '../support/cleanup';
import { eventually } from '../support/eventually';
import { type GatedStore, gatedStore } from '../support/gated-store';
import { checkedResults, details, expectAllAnswered, expectBilledOnce } from '../support/job-checks';
import { documents, type JobWorld, jobWorld, runWorker } from '../support/job-world';

const HOUR = 3_600_000;

/** A moment at which the test holds a job of one chunk and two rounds. */
interface Step {
  name: string;
  /** The worker waits before this call of the store, … */
  call?: RegExp;
  /** … or the simulated API has these options, and this becomes true. */
  api?: Partial<SimulatorOptions>;
  reached?: (world: JobWorld, job: JobHandle) => boolean | Promise<boolean>;
  submitGrace?: string;
  /** Set if only the end of the batch proves that it is the job's. */
  proved?: 'later' | 'never';
  /** Nothing is planned yet, so there are no documents with an outcome. */
  unplanned?: true;
}

/** The first round's batch ends when the test moves the clock or cancels the batch. */
const longFirst = ({ number }: { number: number }) => (number === 0 ? HOUR : 300);

const inChunk = (phase: RegExp) => async (world: JobWorld, job: JobHandle) =>
  phase.test(await details(world, `${job.id}/chunk-0`));

const STEPS: Step[] = [
  { name: 'preparing', call: /^open .*\/spec\.json/, unplanned: true },
  { name: 'planning', call: /^put .*\/requests\.jsonl/, unplanned: true },
  { name: 'comparing ids', call: /^open .*\/documents\.jsonl/, unplanned: true },
  { name: 'sending, before its intent', call: /^put .*\/rounds\/00\/.*\/intent\.json/ },
  { name: 'sending, at the gate', call: /^put .*\/rounds\/00\/.*\/decision\.json/ },
  {
    name: 'sending, its answer on the way',
    api: { faults: { http: [{ kind: 'delay', endpoint: 'create', ms: 2_000 }] } },
    reached: async ({ simulator }) => (await simulator.batches()).length === 1,
  },
  { name: 'sending, its answer here', call: /^put .*\/rounds\/00\/.*\/outcome\.json/ },
  {
    name: 'searching for a running batch',
    api: { duration: longFirst, faults: { http: [{ kind: 'drop', endpoint: 'create', when: 'after' }] } },
    reached: inChunk(/searching/),
    proved: 'later',
  },
  {
    name: 'held',
    api: { faults: { http: [{ kind: 'drop', endpoint: 'create' }] } },
    submitGrace: 'never',
    reached: inChunk(/held/),
    proved: 'never',
  },
  { name: 'in progress', api: { duration: longFirst }, reached: inChunk(/in progress/) },
  {
    name: 'polling',
    api: { duration: longFirst, faults: { http: [{ kind: 'delay', endpoint: 'retrieve', ms: 2_000 }] } },
    reached: ({ simulator }) => simulator.calls().retrieve > 0,
  },
  { name: 'retrieving', call: /^put .*\/rounds\/00\/downloads\// },
  { name: 'selecting the requests to resend', call: /^put .*\/rounds\/01\/selection/ },
  { name: 'between two rounds', reached: inChunk(/backing off/) },
  { name: 'sending the second round', call: /^put .*\/rounds\/01\/.*\/decision\.json/ },
  { name: 'joining the rounds', call: /^put .*\/results\/000000\.jsonl/ },
  { name: 'writing the summary', call: /^put jobs\/[^/]*\/[^/]*\/summary\.json/ },
];

const INPUT = documents(
  6,
  (index) => `Document ${index}${index < 2 ? ' [[sim:overloaded_error:times=1]]' : ''}`,
);

/** A job held at its step. */
interface Caught {
  step: Step;
  world: JobWorld;
  job: JobHandle;
  gate: GatedStore;
  worker: Awaited<ReturnType<typeof runWorker>>;
}

async function caught(step: Step): Promise<Caught> {
  const world = await jobWorld({ cancelFinishes: 0.5, ...step.api });
  const gate = gatedStore(world.store, step.call ?? /^never$/);
  const worker = await runWorker(world, { store: gate.store, submitGrace: step.submitGrace });
  own(gate.open);
  const job = await world.start({ input: { documents: INPUT } });
  await eventually(async () => gate.reached || (await step.reached?.(world, job)), {
    what: step.name,
    timeout: 60_000,
  });
  return { step, world, job, gate, worker };
}

/** Releases a held job after the test has acted on it. */
function release({ step, world, gate }: Caught): void {
  gate.open();
  if (step.proved === 'later') world.simulator.clock.advance(HOUR);
}

/** As many jobs at a time as a small machine can run. */
const AT_A_TIME = 9;

/** Holds a job at each step, acts on it, and reports every step that went wrong. */
async function atEveryStep(act: (caught: Caught) => Promise<void>, steps = STEPS): Promise<void> {
  const left = [...steps];
  const problems: string[] = [];
  const lane = async () => {
    for (let step = left.shift(); step; step = left.shift()) {
      try {
        await act(await caught(step));
      } catch (error) {
        problems.push(`${step.name}: ${(error as Error).message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, lane));
  expect(problems).toEqual([]);
}

/**
 * Checks that every document has one outcome, paid answers are in the results, and no batch keeps running.
 */
async function expectClosed({ step, world, job }: Caught, summary: JobSummary): Promise<void> {
  const results = summary.chunks > 0 ? await checkedResults(job, summary, INPUT) : [];
  await expectBilledOnce(world.simulator, summary);
  const unresolved = results.filter(({ error }) => error?.type === 'unresolved');
  expect(unresolved).toHaveLength(step.proved === 'never' ? INPUT.length : 0);
  const running = (await world.simulator.batches()).filter((batch) => batch.processing_status !== 'ended');
  expect(running).toEqual([]);
}

test('a job can be canceled at every step', () =>
  atEveryStep(async (caught) => {
    const { step, job } = caught;
    await job.cancel();
    release(caught);
    const error = await job.result().catch((error: unknown) => error);
    // A job that had all its results counts as completed.
    if (step.name === 'writing the summary')
      return expect(await job.result()).toMatchObject({ state: 'completed' });
    if (!(error instanceof JobCanceledError)) throw error;
    await expectClosed(caught, error.summary!);
  }));

test('a chunk can be terminated at every step, and its bought answers are still collected', () =>
  atEveryStep(async (caught) => {
    const { step, world, job } = caught;
    const chunk = world.client.workflow.getHandle(`${job.id}/chunk-0`);
    // No chunk exists yet, or none any more.
    if (step.unplanned || step.name === 'writing the summary') return release(caught);
    await chunk.terminate('by hand');
    release(caught);
    const summary = await job.result();
    expect(summary).toMatchObject({ state: 'completed', failures: [{ chunk: 0 }] });
    await expectClosed(caught, summary);
  }));

test('a chunk can be terminated while its job is being canceled, and its bought answers are still collected', () => {
  const steps = STEPS.filter(({ name }) =>
    ['sending, at the gate', 'in progress', 'retrieving'].includes(name),
  );
  const act = async (caught: Caught) => {
    const { world, job } = caught;
    await job.cancel();
    await world.client.workflow.getHandle(`${job.id}/chunk-0`).terminate('by hand');
    release(caught);
    const error = await job.result().catch((error: unknown) => error);
    if (!(error instanceof JobCanceledError)) throw error;
    await expectClosed(caught, error.summary!);
  };
  return atEveryStep(act, steps);
});

test('a job can be terminated at every step, and sends nothing afterwards', () =>
  atEveryStep(async ({ world, job, gate, worker }) => {
    const { length } = await world.simulator.batches();
    await world.client.workflow.getHandle(job.id).terminate('by hand');
    gate.open();
    await expect(job.result()).rejects.toThrow(JobFailedError);
    worker.shutdown();
    await eventually(() => worker.getState() === 'STOPPED');
    const batches = await world.simulator.batches();
    // An upload whose last bytes were in flight may still become a batch.
    expect(batches.length).toBeLessThanOrEqual(length + 1);
    expect((await world.simulator.books()).billed.repeated).toBe(0);
  }));

test('a worker can be shut down at every step: it awaits an answer in flight, and another worker continues', () => {
  // A held chunk waits for a person, with any worker.
  const steps = STEPS.filter(({ proved }) => proved !== 'never');
  return atEveryStep(async ({ step, world, job, gate, worker }) => {
    worker.shutdown();
    gate.open();
    await eventually(() => worker.getState() === 'STOPPED');
    world.simulator.clock.advance(HOUR);
    await runWorker(world, { submitGrace: step.submitGrace });
    const summary = await job.result();
    await expectAllAnswered(job, summary, INPUT);
    await expectBilledOnce(world.simulator, summary);
    expect((await world.simulator.batches()).length).toBe(2);
  }, steps);
});
