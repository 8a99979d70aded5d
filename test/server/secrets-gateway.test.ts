import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import { startSimulator } from 'temporal-anthropic-batch/simulator';
import { expect, test } from 'vitest';
import { own } from '../support/cleanup';
import { runCli, spawnWorker } from '../support/cli';
import { testServer } from '../support/dev-server';
import { eventually } from '../support/eventually';
import { quotingGateway } from '../support/quoting-gateway';
import { filesBelow, formsOf, found, quotesOf, toldToTemporal } from '../support/secrets';
import { tempDir } from '../support/temp-dir';
import { paramsOf, TEMPLATE } from '../support/template';

/** A key and a gateway's token, neither of which looks like one. */
const KEY = 'gw/Odd+k3y=="for:all';
const TOKEN = 'front/door+t0ken==for:us';
const FORMS = [...formsOf(KEY), ...formsOf(TOKEN)];
const QUOTES = `${quotesOf(KEY)} ${quotesOf(TOKEN)}`;

/** A batch of more than one document runs for an hour. */
const LONG = 3;

test('a key that a gateway redirects or echoes appears in no output, log, file or history', async () => {
  const server = await testServer();
  const folder = await tempDir();
  const store = join(folder, 'store');
  const simulator = await startSimulator({
    dir: join(folder, 'simulator'),
    apiKeys: [KEY],
    duration: ({ size }) => (size === LONG ? 3_600_000 : 300),
    // A retry sends as many requests, so its batch runs long too.
    cancelFinishes: 0,
  });
  own(() => simulator.close());
  const elsewhere = `http://127.0.0.1:1/?key=${encodeURIComponent(KEY)}&token=${encodeURIComponent(TOKEN)}`;
  const gateway = await quotingGateway(simulator.url, [
    () => ({ status: 307, headers: { location: elsewhere }, body: QUOTES }),
    (headers) => ({ status: 502, body: `<html>${JSON.stringify(headers)} ${QUOTES}</html>` }),
    () => ({
      status: 529,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'error', error: { type: 'overloaded_error', message: `From ${QUOTES}` } }),
    }),
  ]);
  const worker = await spawnWorker({
    server,
    store,
    anthropicBaseUrl: gateway,
    anthropicApiKey: KEY,
    // With this the SDK logs every call with its headers and its answer.
    env: { ANTHROPIC_LOG: 'debug', ANTHROPIC_CUSTOM_HEADERS: `X-Gateway-Token: ${TOKEN}` },
    args: ['--submit-grace', '10s'],
  });
  await writeFile(join(folder, 'template.json'), JSON.stringify(TEMPLATE));
  const lines = Array.from(
    { length: LONG },
    (_, n) => `${JSON.stringify({ id: `d${n}`, text: `Text ${n}` })}\n`,
  );
  await writeFile(join(folder, 'one.jsonl'), lines[0]!);
  await writeFile(join(folder, 'long.jsonl'), lines.join(''));

  const printed: string[] = [];
  const cli = async (...args: string[]) => {
    const env = server.env;
    const { code, stdout, stderr } = await runCli([...args, '--store', store], { cwd: folder, env });
    printed.push(stdout, stderr);
    return { code, text: stdout + stderr };
  };
  const start = (id: string, input: string, ...more: string[]) =>
    cli('start', input, '--id', id, '--template', 'template.json', '--poll-floor', '1s', '--json', ...more);
  const done = async (...args: string[]) => {
    const { code, text } = await cli(...args);
    expect([args[0], code, text]).toEqual([args[0], 0, text]);
  };
  const inFlight = (count: number) =>
    eventually(
      async () =>
        (await simulator.batches()).filter((it) => it.processing_status === 'in_progress').length === count,
    );

  expect(await start('one', 'one.jsonl', '--wait')).toMatchObject({ code: 0 });
  const client = await server.client();
  for (const id of ['canceled', 'gone']) {
    expect(await start(id, 'long.jsonl')).toMatchObject({ code: 0 });
    await inFlight(1);
    await done('pause', id);
    await done('resume', id);
    await done('status', id, '--json');
    if (id === 'canceled') await done('cancel', id);
    else await client.workflow.getHandle(id).terminate('by hand');
    if (id === 'canceled') await inFlight(0);
  }
  await cli('status', 'gone', '--json');
  await cli('reconcile', '--job', 'gone', '--cancel', '--json');
  const other = new Anthropic({ baseURL: simulator.url, apiKey: KEY });
  const requests = [{ custom_id: 'a', params: paramsOf('Of another tool') }];
  const adopted = await other.messages.batches.create({ requests });
  await inFlight(0);
  await done('adopt', adopted.id, '--wait', '--json');
  await cli('retry', 'gone', '--poll-floor', '1s', '--json');
  await inFlight(1);
  await done('cancel', 'gone-retry-1');
  await inFlight(0);
  await done('results', 'one');
  await done('list', '--json');
  await done('delete', 'one', '--batches', '--yes', '--json');
  await done('prune', '--older-than', '0s', '--dry-run', '--json');

  // The gateway was reached, and the log is as detailed as possible.
  expect(worker.output).toMatch(/sending request/);
  expect(worker.output).toMatch(/'x-gateway-token': '\[hidden\]'/);
  expect(worker.output).toMatch(/From \[hidden\]/);
  expect(simulator.calls()).toMatchObject({ cancel: 3, delete: 1 });
  const all = { printed: printed.join('\n'), logged: worker.output, stored: await filesBelow(store) };
  expect(found(all.printed, FORMS)).toEqual([]);
  expect(found(all.logged, FORMS)).toEqual([]);
  expect(found(all.stored, FORMS)).toEqual([]);
  expect(found(await toldToTemporal(client), FORMS)).toEqual([]);
}, 300_000);
