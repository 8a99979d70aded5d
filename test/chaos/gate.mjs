// `npm run chaos -- --gate`: kills processes shortly after the gate, and reports whether their batches exist,
// by the milliseconds since the commit and by the API's reading rate.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startSimulator } from 'temporal-anthropic-batch/simulator';
import { slowReader } from './slow-reader.mjs';

const { GATE_KILLS, GATE_RATES } = process.env;
const MB = 1_000_000;
const RATES = GATE_RATES.split(',').map(Number);
/** Milliseconds from the commit to the kill. */
const DELAYS = [10, 100, 1_000];
/** Concurrent processes. */
const LANES = 10;
/** Milliseconds within which a batch must exist after its last byte. */
const EXISTS_WITHIN = 15_000;

const sender = fileURLToPath(new URL('gate-sender.mjs', import.meta.url));

/** Returns whether the batch exists of a process that was killed `delay` milliseconds after the commit. */
async function exists(rate, delay) {
  const folder = mkdtempSync(join(tmpdir(), 'temporal-anthropic-batch-gate-'));
  const simulator = await startSimulator({ dir: join(folder, 'api'), duration: 3_600_000 });
  const reader = await slowReader(Number(new URL(simulator.url).port), rate * MB);
  try {
    const settings = JSON.stringify({ api: reader.url, folder: join(folder, 'store'), delay });
    const child = spawn(process.execPath, [sender, settings], { stdio: ['ignore', 'ignore', 'inherit'] });
    const [code] = await once(child, 'exit');
    if (code) throw new Error(`The sender ended with exit code ${code} before it could be killed.`);
    await reader.passedAll();
    for (const limit = Date.now() + EXISTS_WITHIN; Date.now() < limit; await sleep(50)) {
      if ((await simulator.batches()).length > 0) return true;
    }
    return false;
  } finally {
    reader.close();
    await simulator.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const kills = Number(GATE_KILLS);
const trials = RATES.flatMap((rate) =>
  DELAYS.flatMap((delay) => Array.from({ length: kills }, () => ({ rate, delay }))),
);
const found = new Map(trials.map(({ rate, delay }) => [`${rate} ${delay}`, 0]));
const queue = [...trials];
const lane = async () => {
  for (let trial = queue.shift(); trial !== undefined; trial = queue.shift()) {
    const { rate, delay } = trial;
    if (await exists(rate, delay)) found.set(`${rate} ${delay}`, found.get(`${rate} ${delay}`) + 1);
  }
};
await Promise.all(Array.from({ length: LANES }, lane));

const line = (cells) => process.stdout.write(`| ${cells.join(' | ')} |\n`);
process.stdout.write(
  `Batches that exist, of ${kills} processes each, by the time of the kill after the commit:\n\n`,
);
line(['API reads', ...DELAYS.map((delay) => `${delay} ms`)]);
line(['---', ...DELAYS.map(() => '---')]);
for (const rate of RATES) line([`${rate} MB/s`, ...DELAYS.map((delay) => found.get(`${rate} ${delay}`))]);
