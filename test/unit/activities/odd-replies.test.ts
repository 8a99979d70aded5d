import { expect, test } from 'vitest';
import type { Endpoint, HttpFault, Malformed } from '../../../src/simulator/index';
import fc from '../../support/fc';
import { BATCH_FIELDS, LIST_FIELDS } from '../../support/reply-fields';
import { RoundRun } from './round-run';
import { Stage } from './support';

const BATCH = [...BATCH_FIELDS, 'request_counts.canceled', 'request_counts.expired'];

const how = fc.constantFrom<Malformed>('missing', 'null', 'retyped');

/** Any subset of the fields of a reply, each missing, null or of another type. */
const fieldsOf = (names: readonly string[], most: number) =>
  fc
    .uniqueArray(fc.tuple(fc.constantFrom(...names), how), { selector: ([name]) => name, maxLength: most })
    .map((fields) => Object.fromEntries(fields));

const odd = (endpoint: Endpoint, names: readonly string[]) =>
  fc
    .oneof(
      { weight: 2, arbitrary: fc.constant({}) },
      { weight: 3, arbitrary: fieldsOf(names, 2) },
      { weight: 1, arbitrary: fieldsOf(names, names.length) },
    )
    .map((fields): HttpFault => ({ kind: 'malformed', endpoint, fields, times: null }));

const gateway = fc.record({
  list: odd('list', [...BATCH, ...LIST_FIELDS]),
  create: odd('create', BATCH),
  retrieve: odd('retrieve', BATCH),
  cancel: odd('cancel', BATCH),
  answer: fc.constantFrom<HttpFault[]>(
    [],
    [{ kind: 'drop', endpoint: 'create', when: 'after' }],
    [{ kind: 'drop', endpoint: 'create', when: 'before' }],
    [{ kind: 'list-omits-zero', times: null }],
    [
      { kind: 'drop', endpoint: 'create', when: 'after' },
      { kind: 'list-omits-zero', times: null },
    ],
    [
      { kind: 'drop', endpoint: 'create', when: 'after' },
      { kind: 'wrong-counts', times: null },
    ],
    [
      { kind: 'drop', endpoint: 'create', when: 'after' },
      { kind: 'wrong-counts', counts: { succeeded: 1_002, errored: 0 }, times: null },
    ],
  ),
  /** Batches of other tools, some of the same size. */
  strangers: fc.array(fc.constantFrom(3, 4), { maxLength: 2 }),
  cancels: fc.boolean(),
  /** How long batches run. */
  duration: fc.constantFrom(0, 30_000, 200_000),
});

test('a round with any malformed replies ends correctly or says why it waits, and is bought once', async () => {
  let done = 0;
  let waited = 0;
  await fc.assert(
    fc.asyncProperty(gateway, async ({ answer, strangers, cancels, duration, ...replies }) => {
      const stage = await Stage.of({ simulator: { duration } });
      for (const size of strangers) await stage.stranger(size);
      stage.simulator.faults.set({ http: [...answer, ...Object.values(replies)] });
      const run = new RoundRun(stage, cancels);

      const odd = await run.goOn(25);
      if (odd.kind === 'done') done += 1;
      else {
        waited += 1;
        expect(odd.reason).toMatch(/^(The|A|It|For) .+/);
        expect(odd.reason).not.toMatch(
          /TypeError|RangeError|SyntaxError|undefined|NaN|connection .* broke|unexpected error/,
        );
      }
      // Once the replies are repaired, it ends correctly from any state.
      stage.simulator.faults.clear();
      expect(await run.goOn(60)).toEqual({ kind: 'done' });

      const { counts } = await stage.finish({ canceled: cancels });
      expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(3);
      expect(counts.succeeded + (cancels ? counts.canceled : 0)).toBe(3);
      expect((await stage.batches()).length - strangers.length).toBe(1);
    }),
    { numRuns: 25 },
  );
  // The end is not always the same.
  expect(Math.min(done, waited)).toBeGreaterThan(0);
}, 300_000);
