import { describe, expect, test } from 'vitest';
import { flatResults } from '../../../src/client/read/flat-results';
import type { Cost } from '../../../src/cost/cost';
import { parseUsd, usdString } from '../../../src/cost/prices/usd';
import type { JobSummary, StoredChunkSummary } from '../../../src/job/job';
import { keys } from '../../../src/records/keys';
import type { Books } from '../../../src/simulator/index';
import { chunkSummary } from '../../support/chunks';
import { collect } from '../../support/job-checks';
import { environment, Stage, type StageOptions } from './support';

const AT_ONCE = { simulator: { duration: 0 } } as const;
const FLAKY = '[[sim:overloaded_error:times=1]] again';

/**
 * Expected by hand: claude-haiku-5-5 in a batch costs 0.05 USD per million input tokens and 0.25 for output.
 */
const billed = ({ usage }: Pick<Books['batches'][number], 'usage'>) =>
  usdString(BigInt(usage.input_tokens) * 50_000n + BigInt(usage.output_tokens) * 250_000n);

const batchBooks = async (stage: Stage, id: string) =>
  (await stage.simulator.books()).batches.find((batch) => batch.id === id)!;

const stored = (stage: Stage) =>
  chunkSummary(stage.store, stage.job, 0) as StoredChunkSummary & { cost: Cost };

/** The cost of each row, as `results --flat` prints it. */
const rowCosts = async (stage: Stage) =>
  (await collect(flatResults(stage.store, stage.job, {}))).map(({ cost_usd }) => cost_usd);

const sum = (amounts: readonly (string | null)[]) =>
  amounts.reduce((total, amount) => total + parseUsd(amount!)!, 0n);

async function bought(stage: Stage, round = 0): Promise<string> {
  const sent = await stage.submit({}, round);
  if (sent.kind !== 'bought') throw new Error(`It is ${sent.kind}.`);
  return sent.batch;
}

/** A chunk whose round was bought and collected. */
async function home(options: StageOptions) {
  const stage = await Stage.of({ ...AT_ONCE, ...options });
  const batch = await bought(stage);
  await stage.retrieve(batch);
  return { stage, batch };
}

const finishJob = (stage: Stage, more: object = {}): Promise<JobSummary> =>
  environment().run(stage.worker().anthropicFinishJob, {
    job: stage.job,
    state: 'completed' as const,
    chunks: 1,
    documents: 3,
    ...more,
  });

describe('a closed chunk', () => {
  test('reports the cost of its rounds as the API billed them, and the cost of answers that stop early', async () => {
    const { stage, batch } = await home({
      texts: ['a', FLAKY, '[[sim:max_tokens]]', '[[sim:permission_error]]'],
    });
    const second = await bought(stage, 1);
    await stage.retrieve(second, { round: 1 });
    const { cost } = await stage.finish();

    const [first, again] = [await batchBooks(stage, batch), await batchBooks(stage, second)];
    expect(stored(stage).costs).toMatchObject([
      { round: 0, batch, cost: { requests: 2, paid: billed(first) } },
      { round: 1, batch: second, cost: { requests: 1, paid: billed(again) } },
    ]);
    expect(cost).toEqual(stored(stage).cost);
    expect(parseUsd(cost!.paid)).toBe(parseUsd(billed(first))! + parseUsd(billed(again))!);
    expect(parseUsd(cost!.standard)).toBe(2n * parseUsd(cost!.paid)!);
    expect(cost!.tokens.output).toBe(first.usage.output_tokens + again.usage.output_tokens);
    // The marker of 18 characters is a prompt of 5 tokens. A cut answer has its maximum of 100.
    expect(cost!.wasted).toBe(usdString(5n * 50_000n + 100n * 250_000n));
    expect(Object.keys(cost!.models)).toEqual(['claude-haiku-5-5']);
    expect(cost).not.toHaveProperty('unknown');
    expect(sum(await rowCosts(stage))).toBe(parseUsd(cost!.paid));
  });

  test('sends nothing to Temporal that grows with its rounds', async () => {
    const { stage } = await home({});
    expect(await stage.finish()).not.toHaveProperty('costs');
    expect(await stage.finish({ keep: true })).toEqual(await stage.finish());
    expect(await stage.finish({ keep: true })).not.toHaveProperty('costs');
  });

  test('counts the duplicate answers of an orphan as paid and wasted', async () => {
    const stage = await Stage.of({ ...AT_ONCE, texts: ['0', FLAKY, '2'] });
    const intent = await stage.committed();
    await stage.ledger().close(0, { outcome: 'presumed-lost' });
    const batch = await bought(stage);
    const late = await stage.boughtBy(intent);
    await stage.collect();
    await stage.retrieve(batch);
    await stage.finish();

    const orphan = await batchBooks(stage, late.id);
    expect(orphan.counts.succeeded).toBe(3);
    const [own, other] = stored(stage).costs!;
    expect(own).toMatchObject({ batch, cost: { requests: 2, wasted: '0.00' } });
    expect(other).toMatchObject({ round: 0, batch: late.id, cost: { requests: 3, paid: billed(orphan) } });
    // One of its three answers is used. All prompts have one token, and all answers have equal length.
    expect(parseUsd(other!.cost.wasted)! * 3n).toBe(parseUsd(other!.cost.paid)! * 2n);
    expect(stored(stage).cost.requests).toBe(5);
    // The rows have the answers that are used, one of them the orphan's.
    const used = parseUsd(stored(stage).cost.paid)! - parseUsd(other!.cost.wasted)!;
    expect(sum(await rowCosts(stage))).toBe(used);
  });

  test('prices an orphan at the day of its creation', async () => {
    const line = (usd: string, from?: string) => {
      return { input: usd, output: usd, cacheWrite5m: usd, cacheWrite1h: usd, cacheRead: usd, from };
    };
    const prices = { 'claude-haiku-5-5': [line('7'), line('1', '2026-11-01'), line('3', '2026-11-23')] };
    const stage = await Stage.of({ ...AT_ONCE, spec: { prices } });
    stage.simulator.clock.advance(Date.parse('2026-11-22T23:59:59Z') - (await stage.simulator.clock.now()));
    const intent = await stage.committed();
    await stage.ledger().close(0, { outcome: 'presumed-lost' });
    const late = await stage.boughtBy(intent);
    stage.simulator.clock.advance(60_000);
    const batch = await bought(stage);
    await stage.collect();
    await stage.retrieve(batch);
    await stage.finish();
    const perToken = ({ cost }: { cost: Cost }) =>
      Number(parseUsd(cost.standard)) / 1e6 / (cost.tokens.input + cost.tokens.output);
    expect(stored(stage).costs!.map(({ batch: id, ...each }) => [id, perToken(each)])).toEqual([
      [batch, 3],
      [late.id, 1],
    ]);
  });

  test.each<[string, (stage: Stage) => Promise<void>]>([
    [
      'whose results are gone',
      async (stage) => {
        const batch = await bought(stage);
        const { anthropicWriteOff } = stage.worker();
        const input = {
          ...stage.round(),
          batch,
          reason: { code: 'failed' as const, message: 'It was deleted.' },
          resend: false,
        };
        await environment().run(anthropicWriteOff, input);
      },
    ],
    ['that may have been bought', async (stage) => void (await stage.committed())],
  ])('reports the cost of a round as unknown %s', async (_, befall) => {
    const stage = await Stage.of(AT_ONCE);
    await befall(stage);
    const { cost } = await stage.finish({ canceled: true });
    expect(cost).toMatchObject({ requests: 0, paid: '0.00', unknown: 3 });
    expect(await finishJob(stage)).toMatchObject({ cost: { unknown: 3 } });
    expect(await rowCosts(stage)).toEqual([null, null, null]);
  });

  test('reports the cost of an orphan without results as unknown', async () => {
    const stage = await Stage.of({ simulator: { duration: 3_600_000 } });
    const intent = await stage.committed();
    await stage.ledger().close(0, { outcome: 'presumed-lost' });
    const late = await stage.boughtBy(intent);
    await stage.submit();
    stage.simulator.clock.advance(3_600_000);
    stage.simulator.faults.set({
      http: [{ endpoint: 'results', kind: 'status', status: 500, batch: late.id, skip: 1 }],
    });
    expect(await stage.collect()).toMatchObject({ orphaned: [late.id], unread: [late.id] });
    await stage.finish();
    // Its three requests, and the three of the round, whose results were never downloaded.
    expect(stored(stage).cost).toMatchObject({ requests: 0, unknown: 6 });
    expect(stored(stage).costs).toMatchObject([
      { cost: { unknown: 3 } },
      { batch: late.id, cost: { unknown: 3 } },
    ]);
  });

  test('reports the cost of an answer as unknown if it was cut or has no usage', async () => {
    const { stage, batch } = await home({ texts: ['a', 'b', 'c'] });
    const key = keys.download({ job: stage.job, chunk: 0, round: 0 }, 0);
    const rows = stage.store.text(key).split('\n');
    const broken = [rows[0], rows[1]!.slice(0, -20), rows[2]!.replace('"input_tokens"', '"tokens"'), ''];
    await stage.store.put(key, broken.join('\n'));
    const { cost } = await stage.finish();
    expect(cost).toMatchObject({ requests: 1, unknown: 2 });
    expect(stored(stage).costs).toMatchObject([{ batch, cost: { requests: 1, unknown: 2 } }]);
    // The API's rows are in any order.
    expect((await rowCosts(stage)).sort()).toEqual([cost!.paid, null, null]);
  });
});

describe('a job', () => {
  test('sums up its chunks, and says when it ended', async () => {
    const { stage, batch } = await home({});
    await stage.finish();
    const summary = await finishJob(stage);
    expect(summary.cost).toEqual(stored(stage).cost);
    expect(summary.cost!.paid).toBe(billed(await batchBooks(stage, batch)));
    expect(Math.abs(Date.parse(summary.endedAt!) - Date.now())).toBeLessThan(60_000);
    // A repetition keeps the time of its end.
    const again = await finishJob(stage, { again: true });
    expect(again).toMatchObject({ cost: summary.cost, endedAt: summary.endedAt });
  });

  test('uses the prices that it was given', async () => {
    const line = { input: '100', output: '200', cacheWrite5m: '1', cacheWrite1h: '1', cacheRead: '1' };
    const { stage } = await home({ spec: { prices: { 'claude-haiku-5-5': line } } });
    const { cost } = await stage.finish();
    const { input, output } = cost!.tokens;
    expect(cost!.paid).toBe(usdString(BigInt(input) * 50_000_000n + BigInt(output) * 100_000_000n));
  });

  test('with a model without a price does not fail', async () => {
    const stage = await Stage.of(AT_ONCE);
    const key = keys.requests(stage.job, 0);
    await stage.store.put(key, stage.store.text(key).replaceAll('claude-haiku-5-5', 'claude-next'));
    const batch = await bought(stage);
    await stage.retrieve(batch);
    const { counts, cost } = await stage.finish();
    expect(counts.succeeded).toBe(3);
    expect(cost).toMatchObject({
      requests: 3,
      unpriced: 3,
      paid: '0.00',
      models: { 'claude-next': { unpriced: 3 } },
    });
    expect(cost!.tokens.output).toBeGreaterThan(0);
  });
});
