// demo/: the command `demo`: a server, a worker that is killed, and a job that goes on. Start here.

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

/** A real Temporal server carries 25,000 documents through three batches to results, though its worker is killed midway. */
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
    if (stopped) say('\nEverything that the demo started is being stopped.');
    await stage.close();
  }
  // What was interrupted still waits for servers that are gone.
  if (stopped) process.exit(code ?? EXIT.interrupted);
  process.exitCode = code;
}

async function perform(stage: Stage, end: (code: number, page: string) => Promise<void>): Promise<void> {
  const store = join(FOLDER, 'store');
  say(`1. ${DOCUMENTS.toLocaleString('en-US')} documents, made from a seed, in ${FOLDER}/documents.jsonl`);
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER, { recursive: true });
  // Git need not see it, wherever the demo runs.
  await writeFile(join(FOLDER, '.gitignore'), '*\n');
  const input = join(FOLDER, 'documents.jsonl');
  await writeDocuments(input, DOCUMENTS);

  say('2. A Temporal server with its Web UI');
  const temporal = await stage.startTemporal();
  say(`   it answers at ${temporal.address}; Web UI: ${temporal.uiUrl}`);

  say('3. A simulator of the Message Batches API, which lets each batch take 20 s');
  const url = await stage.startSimulator('20s');
  say(`   it answers at ${url}; nothing is sent to Anthropic, and nothing costs money`);

  say('4. A worker, as a process of its own');
  const worker = await stage.startWorker(store);
  say(`   it is process ${worker.pid}`);

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
      say(`6. All batches are bought: kill -9 ${worker.pid} takes the worker away`);
      await worker.kill();
      await sleep(3_000);
      const second = await stage.startWorker(store);
      say(`   another worker, process ${second.pid}, takes over; nothing is bought twice`);
    });
    say('7. The job has ended');
    const { good, text } = await verdict(job, summary, DOCUMENTS, await batchesAt(url));
    await print(`${text}\nresults    ${store}/${summary.results}\nweb ui     ${page}\n`);
    await end(good ? exitCodeOf(summary) : EXIT.failed, page);
  } finally {
    await connection.close();
  }
}

/** Leaves time for a look at the UI, where somebody is there to look. */
async function linger(keep: boolean, page: string): Promise<void> {
  if (keep) {
    say(`The servers go on, for a look at ${page}. Ctrl-C ends them.`);
    await new Promise(() => {});
  }
  if (!process.stdin.isTTY || !process.stderr.isTTY) return;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // A terminal in this mode takes Ctrl-C for itself.
  terminal.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  await terminal.question(
    `Look at the job in the Web UI: ${page}\nEnter ends the demo and stops its servers. `,
  );
  terminal.close();
}

/** How many batches the simulator holds: one that was bought twice would show. */
async function batchesAt(url: string): Promise<number> {
  const headers = { authorization: 'Bearer demo', 'anthropic-version': '2026-10-21' };
  const answer = await fetch(`${url}/v1/messages/batches?limit=1000`, { headers });
  if (!answer.ok)
    throw new Error(`The simulator does not list its batches: ${answer.status} ${await answer.text()}`);
  return ((await answer.json()) as { data: unknown[] }).data.length;
}
