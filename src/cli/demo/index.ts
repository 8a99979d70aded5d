// demo/: the command `demo`: a server, a worker that is killed, and a job that continues. Start here.

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { BatchClient } from '../../client/batch-client';
import { EXIT, exitCodeOf } from '../exit';
import { print, say } from '../output/print';
import { untilSignal } from '../signals';
import { carry } from './carry';
import { TEMPLATE, writeDocuments } from './documents';
import { Stage } from './stage';
import { verdict } from './verdict';

const FOLDER = '.anthropic-batch-demo';
const DOCUMENTS = 25_000;

/** Processes 25,000 documents in three batches on a real Temporal server, and kills the worker midway. */
export async function runDemo({ keep = false }: { keep?: boolean }): Promise<void> {
  const stage = new Stage(FOLDER);
  const interrupted = untilSignal();
  let code: number | undefined;
  let stopped = false;
  try {
    const performed = perform(stage, async (ended, page) => {
      code = ended;
      await linger(keep, page);
    });
    stopped = await Promise.race([performed.then(() => false), interrupted.signal.then(() => true)]);
  } finally {
    interrupted.forget();
    if (stopped) say('\nStopping everything that the demo started.');
    await stage.close();
  }
  // The interrupted work still waits for the stopped servers, so it would never end.
  if (stopped) process.exit(code ?? EXIT.interrupted);
  process.exitCode = code;
}

async function perform(stage: Stage, end: (code: number, page: string) => Promise<void>): Promise<void> {
  const store = join(FOLDER, 'store');
  say(
    `1. ${DOCUMENTS.toLocaleString('en-US')} documents, generated from a seed, in ${FOLDER}/documents.jsonl`,
  );
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER, { recursive: true });
  // Hides the folder from git, wherever the demo runs.
  await writeFile(join(FOLDER, '.gitignore'), '*\n');
  const input = join(FOLDER, 'documents.jsonl');
  await writeDocuments(input, DOCUMENTS);

  say('2. A Temporal server with its Web UI');
  const temporal = await stage.startTemporal();
  say(`   running at ${temporal.address}; Web UI: ${temporal.uiUrl}`);

  say('3. A simulator of the Message Batches API, where each batch takes 20 s');
  const url = await stage.startSimulator('20s');
  say(`   running at ${url}; nothing is sent to Anthropic, and nothing costs money`);

  say('4. A worker, in its own process');
  const worker = await stage.startWorker(store);
  say(`   process ${worker.pid}`);

  const connection = await Connection.connect({ address: temporal.address });
  try {
    const batches = new BatchClient(new Client({ connection }), {
      store,
      onWarning: (text) => say(`   ${text}`),
    });
    say('5. The job starts: three batches of up to 10,000 requests');
    const job = await batches.start({
      id: 'demo',
      input: { file: input },
      template: TEMPLATE,
      pollFloor: '1s',
      pollCeiling: '5s',
    });
    const page = `${temporal.uiUrl}/namespaces/default/workflows/${job.id}`;
    say(`   watch it at ${page}`);
    const summary = await carry(job, async () => {
      say(`6. All batches are in flight: kill -9 ${worker.pid} kills the worker`);
      await worker.kill();
      await sleep(3_000);
      const second = await stage.startWorker(store);
      say(`   another worker, process ${second.pid}, takes over; nothing is paid for twice`);
    });
    say('7. The job has ended');
    const { good, text } = await verdict(job, summary, DOCUMENTS, await batchesAt(url));
    await print(`${text}\nresults    ${store}/${summary.results}\n`);
    await end(good ? exitCodeOf(summary) : EXIT.failed, page);
  } finally {
    await connection.close();
  }
}

/** Keeps the servers running so that a person can see the UI. Without a terminal, only if asked to. */
async function linger(keep: boolean, page: string): Promise<void> {
  if (keep) {
    say(`The servers keep running so that you can look at ${page}. Ctrl-C stops them.`);
    await new Promise(() => {});
  }
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    say('The servers and their Web UI end with the demo. With --keep they keep running.');
    return;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // In this mode the terminal interface catches Ctrl-C, so it must be passed on.
  terminal.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  await terminal.question(
    `See the job in the Web UI: ${page}\nPress Enter to end the demo and stop its servers. `,
  );
  terminal.close();
}

/** Returns the number of batches in the simulator, which would reveal a batch that was bought twice. */
async function batchesAt(url: string): Promise<number> {
  const headers = { authorization: 'Bearer demo', 'anthropic-version': '2026-10-21' };
  const answer = await fetch(`${url}/v1/messages/batches?limit=1000`, { headers });
  if (!answer.ok)
    throw new Error(`The simulator failed to list its batches: ${answer.status} ${await answer.text()}`);
  return ((await answer.json()) as { data: unknown[] }).data.length;
}
