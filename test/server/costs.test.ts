import type { JobHandle, JobSummary } from 'temporal-anthropic-batch/client';
import { expect, test } from 'vitest';
import { openStore } from '../../src/store/location';
import { type KnownAttempt, nonceOf, readAttempts } from '../chaos/attempts';
import { checkCosts } from '../chaos/check-costs';
import type { CostVerdict } from '../chaos/compare-costs';
import { SimulatedApi } from '../chaos/simulated-api';
import { eventually } from '../support/eventually';
import { documents, type JobWorld, jobWorld, runWorker, workingWorld } from '../support/job-world';
import { TEMPLATE } from '../support/template';

const HOUR = 3_600_000;

/** The cost of ended jobs according to the simulator's books. */
async function costsOf(world: JobWorld, jobs: JobHandle[]): Promise<CostVerdict> {
  const store = await openStore(world.store);
  const api = new SimulatedApi(world.simulator.url);
  const ended: { ref: JobSummary['job']; chunks: number }[] = [];
  const attempts = new Map<string, KnownAttempt>();
  for (const job of jobs) {
    const { chunks } = (await job.summary())!;
    const ref = await job.ref();
    ended.push({ ref, chunks });
    for (const [nonce, attempt] of await readAttempts(store, ref, chunks)) attempts.set(nonce, attempt);
  }
  const attemptOf = new Map<string, KnownAttempt>();
  for (const { id } of (await api.books()).batches) {
    const [first] = await api.requests(id);
    attemptOf.set(id, attempts.get(nonceOf(first!.custom_id) ?? '')!);
  }
  return checkCosts({ api, store, jobs: ended, attemptOf, isLate: () => false });
}

/** Expects the jobs' summaries to contain exactly what was billed. */
async function expectExact(world: JobWorld, jobs: JobHandle[]): Promise<void> {
  const verdict = await costsOf(world, jobs);
  expect(verdict.billed).toBeGreaterThan(0n);
  expect(verdict).toEqual({
    billed: verdict.billed,
    reported: verdict.billed,
    excused: { unreported: 0n, unresolved: 0n, late: 0n, unreadable: 0n, lostCalls: 0n },
    unexplained: 0n,
    violations: [],
  });
}

const cachedFor = (ttl: '5m' | '1h') => ({
  ...TEMPLATE,
  system: [
    { type: 'text', text: 'The rules. '.repeat(50), cache_control: { type: 'ephemeral', ttl } } as const,
  ],
});
const OUTCOMES = [
  '',
  '[[sim:errored:overloaded_error:times=1]]',
  '[[sim:expired:times=2]]',
  '[[sim:refusal]]',
];
const MODELS = [
  'claude-haiku-5-5',
  'claude-opus-5-5',
  'claude-sonnet-5-5',
  'claude-unpriced',
  'claude-of-mine',
];
const MINE = { input: '3', output: '15', cacheWrite5m: '3.75', cacheWrite1h: '6', cacheRead: '0.3' };

type JobOptions = Parameters<JobWorld['start']>[0];

const JOBS: Record<string, JobOptions> = {
  plain: { input: { documents: documents(12) }, chunkSize: 5 },
  failures: {
    input: { documents: documents(12, (index) => `text ${index} ${OUTCOMES[index % 4]}`) },
    chunkSize: 5,
  },
  equal: { input: { documents: documents(12, (index) => `equal ${index % 3}`) }, chunkSize: 5 },
  cached: { input: { documents: documents(8) }, template: cachedFor('5m') },
  'cached for longer': { input: { documents: documents(8) }, template: cachedFor('1h') },
  models: {
    // The last one exceeds the first model's lower tier.
    input: {
      documents: documents(11, (index) => `text ${index}`).map((document, index) => ({
        ...document,
        model: MODELS[index % 5]!,
        more: index < 10 ? '' : 'x'.repeat(400_000),
      })),
    },
    template: { ...TEMPLATE, model: '{{model}}', messages: [{ role: 'user', content: '{{text}}{{more}}' }] },
    prices: {
      'claude-of-mine': [
        { from: '2026-01-01', ...MINE },
        { from: '2999-01-01', ...MINE, output: '150' },
      ],
    },
  },
};

test.concurrent('jobs of every kind report what was billed for them, to the pico-USD', async () => {
  const world = await workingWorld();
  const jobs = await Promise.all(
    Object.entries(JOBS).map(([id, options]) => world.start({ id, ...options })),
  );
  const [plain, failures, , , , models] = await Promise.all(jobs.map((job) => job.result()));
  await expectExact(world, jobs);

  // By hand: 12 × (3 × 0.10 + 8 × 0.50) / 2 millionths of a USD.
  expect(plain!.cost!.paid).toBe('0.0000258');
  // Three refusals: 3 × (6 × 0.10 + 1 × 0.50) / 2.
  expect(failures!.cost!.wasted).toBe('0.00000165');
  // 2 × (2 × 0.10 + 7 × 0.50) / 2, and (100,002 × 0.50 + 20 × 2.50) / 2 in the upper tier.
  expect(models!.cost!.models['claude-haiku-5-5']!.paid).toBe('0.0250292');
  // 2 × (2 × 3 + 7 × 15) / 2.
  expect(models!.cost!.models['claude-of-mine']!.paid).toBe('0.000111');
  expect(models!.cost).toMatchObject({ requests: 11, unpriced: 2 });
});

test.concurrent('a canceled job reports the cost of what its batches had finished', async () => {
  const world = await workingWorld({ duration: HOUR, cancelFinishes: 0.5 });
  const job = await world.start({
    input: { documents: documents(40) },
    chunkSize: 10,
    maxBatchesInFlight: 2,
  });
  await eventually(async () => (await world.simulator.batches()).length === 2);
  await job.cancel();
  await expect(job.result()).rejects.toThrow();
  await expectExact(world, [job]);
});

test.concurrent('a batch that was bought again and then found counts twice, the second time as wasted', async () => {
  const world = await jobWorld({
    duration: ({ number }) => (number === 0 ? 300 : 5_000),
    faults: { http: [{ kind: 'drop', endpoint: 'create', when: 'after' }], listLag: HOUR },
  });
  await runWorker(world, { submitGrace: '3s' });
  const job = await world.start({ input: { documents: documents(12) } });
  await eventually(async () => (await world.simulator.batches()).length === 2, { timeout: 60_000 });
  world.simulator.faults.set({});
  const { cost, orphaned } = await job.result();
  expect(orphaned).toHaveLength(1);
  expect(cost).toMatchObject({ requests: 24, paid: '0.0000516', wasted: '0.0000258' });
  await expectExact(world, [job]);
});
