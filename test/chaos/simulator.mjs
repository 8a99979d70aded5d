// The simulated API as a process of its own, with what its command line has no flags for. `node simulator.mjs SETTINGS`, as JSON.
import { startSimulator } from 'temporal-anthropic-batch/simulator';

const { dir, port, seed, longest, stallTimeout } = JSON.parse(process.argv[2]);

/** A batch's time, by its number: the same over restarts. */
const part = (number) => ((Math.imul(number + seed, 0x9e3779b1) >>> 0) % 1_000) / 1_000;

await startSimulator({
  dir,
  port,
  stallTimeout,
  duration: ({ number }) => 300 + part(number) ** 2 * longest,
  cancelDuration: 1_000,
  cancelFinishes: 0.3,
});
process.stdout.write('CHAOS {"act":"ready"}\n');
