// The simulated API in its own process, with settings for which its command line has no flags. `node
// simulator.mjs SETTINGS`, as JSON.
import { startSimulator } from 'temporal-anthropic-batch/simulator';

const { dir, port, seed, longest, stallTimeout } = JSON.parse(process.argv[2]);

/** Returns a batch's share of the longest duration, by its number. Unchanged by restarts. */
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
