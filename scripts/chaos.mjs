// `npm run chaos -- --seed S --minutes M` runs jobs with faults; with `--store s3`, over an S3 server.
// `npm run chaos -- --gate` measures deaths just after the gate. See docs/reliability.md.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bootstrap } from './bootstrap.mjs';
import { main, root, run, StepFailed } from './run.mjs';

/** A small disk in memory for the run's store, which ends with the command. */
const MOUNTED = ['-rm', 'sh', '-c', 'mount -t tmpfs -o size=256m none "$0" && exec "$@"'];

await main(async () => {
  const { seed, minutes, store, gate, kills, rates } = options();
  await bootstrap();
  if (gate) {
    const env = { ...process.env, GATE_KILLS: kills, GATE_RATES: rates };
    return await run(process.execPath, [join(root, 'test/chaos/gate.mjs')], { env });
  }
  const command = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--project', 'chaos'];
  command.unshift(process.execPath);
  command.push('--disable-console-intercept');
  const env = { ...process.env, CHAOS_SEED: seed, CHAOS_MINUTES: minutes, CHAOS_STORE: store };
  if (store === 's3') return await run(command[0], command.slice(1), { env });
  const mount = mkdtempSync(join(tmpdir(), 'temporal-anthropic-batch-disk-'));
  try {
    if (spawnSync('unshare', [...MOUNTED, mount, 'true']).status !== 0) {
      return await run(command[0], command.slice(1), { env });
    }
    return await run('unshare', [...MOUNTED, mount, ...command], { env: { ...env, CHAOS_DISK: mount } });
  } finally {
    rmdirSync(mount);
  }
});

function options() {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      minutes: { type: 'string', default: '20' },
      store: { type: 'string', default: 'folder' },
      gate: { type: 'boolean', default: false },
      kills: { type: 'string', default: '20' },
      rates: { type: 'string', default: '1,4,50' },
    },
  });
  const { seed = String(Date.now() % 100_000), minutes, store, gate, kills, rates } = values;
  if (!(Number(kills) > 0)) throw new StepFailed(`--kills must be a number above 0 (got ${kills}).`);
  if (!rates.split(',').every((rate) => Number(rate) > 0)) {
    throw new StepFailed(
      `--rates must be numbers of MB a second above 0, separated by commas (got ${rates}).`,
    );
  }
  if (!(Number(minutes) > 0)) {
    throw new StepFailed(`--minutes is ${minutes}; allowed is a number above 0.`);
  }
  if (store !== 'folder' && store !== 's3') {
    throw new StepFailed(`--store must be folder or s3 (got ${JSON.stringify(store)}).`);
  }
  if (!/^[\w-]+$/.test(seed)) {
    throw new StepFailed(`--seed is ${JSON.stringify(seed)}; allowed are letters, digits, _ and -.`);
  }
  return { seed, minutes, store, gate, kills, rates };
}
