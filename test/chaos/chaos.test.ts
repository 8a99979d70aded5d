import { expect, inject, test } from 'vitest';
import { runChaos } from './chaos';
import { SHORT_RUN } from './schedule';
import { STUCK_AFTER } from './times';

// The options of `npm run chaos`. In the test suite, a short run with a fixed seed.
const { CHAOS_SEED: seed = SHORT_RUN.seed, CHAOS_MINUTES, CHAOS_DISK: mount, CHAOS_STORE } = process.env;
const minutes = Number(CHAOS_MINUTES ?? SHORT_RUN.minutes);

const SETTLE = STUCK_AFTER + 4 * 60_000;

test(
  `nothing is paid twice and no row is lost while everything dies: seed ${seed}, ${minutes} min`,
  async () => {
    const { figures, violations, proofs, store, record } = await runChaos({
      seed,
      minutes,
      executable: inject('temporalServer'),
      mount,
      s3: CHAOS_STORE === 's3',
    });
    const told = [
      `chaos: seed ${seed}, ${minutes} min; the store is ${store}`,
      `${figures}`,
      ...proofs.map((proof) => `inside the window: ${proof}`),
      ...violations.slice(0, 50).map((violation) => `VIOLATION: ${violation}`),
      ...(record ? [`The record of this run is kept in ${record}`] : []),
    ];
    process.stdout.write(`\n${told.join('\n')}\n\n`);
    expect(violations).toEqual([]);
  },
  minutes * 60_000 + SETTLE,
);
