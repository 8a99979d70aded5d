import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import { beforeAll, expect, test } from 'vitest';
import type { Books } from '../../../src/simulator/index';
import { own } from '../../support/cleanup';
import { compileFolder } from '../../support/compile-folder';
import { root } from '../../support/root';
import { tempDir } from '../../support/temp-dir';
import { collect, requestsOf, resultsOf } from './support';

const SOURCE = join(root, 'src', 'simulator');
const MAIN = `
const { startSimulator } = require('./index.js');
startSimulator(JSON.parse(process.argv[2])).then((simulator) => console.log(simulator.url));
`;

let program: string;

// A separate process needs JavaScript, and these tests must run before a build.
beforeAll(async () => {
  const dir = join(await tempDir(), 'simulator');
  await compileFolder(SOURCE, dir);
  program = join(dir, 'main.js');
  await writeFile(program, MAIN);
}, 30_000);

interface Process {
  client: Anthropic;
  url: string;
  /** `kill -9`, and waits until it is dead. */
  kill(): Promise<void>;
}

async function start(options: { dir: string; duration: number }): Promise<Process> {
  const child: ChildProcess = spawn(process.execPath, [program, JSON.stringify(options)], {
    env: { ...process.env, NODE_PATH: join(root, 'node_modules') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const dead = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const kill = () => {
    child.kill('SIGKILL');
    return dead;
  };
  own(kill);
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.once('data', (data) => resolve(String(data).trim()));
    child.once('exit', (code) => reject(new Error(`The simulator ended with ${code}.`)));
  });
  return { client: new Anthropic({ baseURL: url, apiKey: 'key', maxRetries: 0 }), url, kill };
}

test('kill -9 in the middle of uploads, cancellations and deletions', async () => {
  const dir = await tempDir();
  const created = new Set<string>();
  const canceled = new Set<string>();
  const deleted = new Set<string>();

  for (let life = 0; life < 4; life++) {
    const simulator = await start({ dir, duration: 3_600_000 });
    const { batches } = simulator.client.messages;
    const answeredBefore = created.size;
    let enough: () => void = () => undefined;
    const killed = new Promise<void>((resolve) => {
      enough = resolve;
    });
    const caller = async (number: number) => {
      for (let turn = 0; ; turn++) {
        const { id } = await batches.create({ requests: requestsOf(150 + number) });
        created.add(id);
        if (turn % 3 === 0) canceled.add((await batches.cancel(id)).id);
        // Each process dies at another moment. Calls are always in flight.
        if (created.size - answeredBefore >= 12 + life) enough();
      }
    };
    const callers = [0, 1, 2, 3].map((number) => caller(number).catch((error) => error));
    await killed;
    await simulator.kill();
    for (const error of await Promise.all(callers))
      expect(error).toBeInstanceOf(Anthropic.APIConnectionError);

    const next = await start({ dir, duration: 3_600_000 });
    const listed = await collect(next.client.messages.batches.list({ limit: 1000 }));
    const ids = new Set(listed.map((batch) => batch.id));
    for (const id of created) expect(ids.has(id) || deleted.has(id)).toBe(true);
    for (const batch of listed) {
      const { processing, succeeded, canceled: ended } = batch.request_counts;
      expect(processing + succeeded + ended).toBeGreaterThanOrEqual(150);
      if (canceled.has(batch.id)) expect(batch.cancel_initiated_at).not.toBeNull();
      else created.add(batch.id);
    }
    await next.kill();
  }

  const last = await start({ dir, duration: 3_600_000 });
  await fetch(`${last.url}/_simulator/clock`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: '{"advance":3600000}',
  });
  const [first] = created;
  deleted.add((await last.client.messages.batches.delete(first!)).id);
  await last.kill();

  const { client, url } = await start({ dir, duration: 3_600_000 });
  await expect(client.messages.batches.retrieve(first!)).rejects.toThrow(Anthropic.NotFoundError);
  let billed = 0;
  for (const batch of await collect(client.messages.batches.list({ limit: 1000 }))) {
    const results = [...(await resultsOf(client, batch.id)).values()];
    const { request_counts: counts } = batch;
    expect(results).toHaveLength(counts.succeeded + counts.canceled);
    expect(results.filter((result) => result.type === 'succeeded')).toHaveLength(counts.succeeded);
    billed += counts.succeeded;
  }
  const books = (await (await fetch(`${url}/_simulator/books`)).json()) as Books;
  const ofDeleted = books.batches.find((batch) => batch.deleted)!;
  expect(ofDeleted.id).toBe(first);
  expect(books.billed.requests).toBe(billed + ofDeleted.counts.succeeded);
  expect(books.batches).toHaveLength(created.size);
}, 60_000);
