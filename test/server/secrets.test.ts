import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { BatchClient } from 'temporal-anthropic-batch/client';
import { type HttpFault, startSimulator } from 'temporal-anthropic-batch/simulator';
import { beforeAll, expect, test } from 'vitest';
import { own } from '../support/cleanup';
import { type CliProcess, runCli, spawnWorker } from '../support/cli';
import { type TestServer, testServer } from '../support/dev-server';
import { filesBelow, formsOf, found, quotesOf, textsIn, toldToTemporal } from '../support/secrets';
import { tempDir } from '../support/temp-dir';
import { TEMPLATE } from '../support/template';

/** A key of a gateway, which does not look like one. */
const KEY = 'gw/Odd+k3y=="for:all';
const QUOTES = quotesOf(KEY);
const KEY_FORMS = formsOf(KEY);

const ID = 'Mrs-Robinson';
const TEXT = 'a-diagnosis';
const BUILDER_TEXT = 'builder-says';
/** Texts of a document, of a builder, and of the API, which quotes both. */
const PRIVATE = [ID, TEXT, BUILDER_TEXT, 'Quoting'];

const documents = [1, 2, 3].map((n) => ({ id: `${ID}-${n}`, text: `${TEXT} ${n}` }));
const jsonl = (values: object[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('');

/** Each answer quotes the key and what was sent. */
const quoting = (endpoint: HttpFault['endpoint'], status: number, more: object = {}): HttpFault => ({
  endpoint,
  kind: 'status',
  status,
  message: `Quoting ${QUOTES} and "${TEXT}".`,
  ...more,
});

let server: TestServer;
let worker: CliProcess;
let folder: string;
let store: string;
const printed: string[] = [];

beforeAll(async () => {
  server = await testServer();
  folder = await tempDir();
  store = join(folder, 'store');
  const faults: HttpFault[] = [
    quoting('list', 500),
    quoting('create', 529, { retryAfter: 1 }),
    quoting('create', 502, { proxy: true, when: 'after' }),
    // This meets the second chunk, which the API refuses permanently.
    quoting('create', 400),
    quoting('retrieve', 401),
    // The search for the lost batch reads them first, and skips an answer that it cannot read.
    quoting('results', 503),
    quoting('results', 429, { skip: 1 }),
  ];
  const simulator = await startSimulator({
    dir: join(folder, 'simulator'),
    duration: 300,
    apiKeys: [KEY],
    faults: { http: faults },
  });
  own(() => simulator.close());
  await writeFile(
    join(folder, 'builders.cjs'),
    `exports.picky = ({ id, fields }) => {
      throw new Error('${BUILDER_TEXT} ' + id + ' ' + fields.text + ' ' + process.env.ANTHROPIC_API_KEY, { cause: new Error(fields.text) });
    };`,
  );
  await writeFile(join(folder, 'template.json'), JSON.stringify(TEMPLATE));
  await writeFile(join(folder, 'docs.jsonl'), jsonl(documents));
  await writeFile(join(folder, 'twice.jsonl'), jsonl([...documents, documents[0]!]));
  await writeFile(join(folder, 'poor.jsonl'), jsonl([{ id: ID, note: TEXT }]));
  worker = await spawnWorker({
    server,
    store,
    anthropicBaseUrl: simulator.url,
    anthropicApiKey: KEY,
    args: ['--builders', join(folder, 'builders.cjs'), '--submit-grace', '10s'],
  });
});

async function cli(...args: string[]): Promise<string> {
  const { stdout, stderr } = await runCli([...args, '--store', store], {
    cwd: folder,
    env: server.env,
  });
  printed.push(stdout, stderr);
  return stdout + stderr;
}

test('the key appears nowhere; ids, texts and the words of a builder or the API appear only to the job’s owner', async () => {
  const start = (input: string, id: string, ...more: string[]) =>
    cli('start', input, '--id', id, '--poll-floor', '1s', '--wait', ...more);
  const template = ['--template', 'template.json'];
  // One batch at a time, so that the order of faults is fixed.
  const chunked = ['--chunk-size', '2', '--max-batches-in-flight', '1'];
  const [faulty, twice, poor, picky] = await Promise.all([
    start('docs.jsonl', 'faulty', ...template, ...chunked),
    start('twice.jsonl', 'twice', ...template),
    start('poor.jsonl', 'poor', ...template),
    start('docs.jsonl', 'picky', '--builder', 'picky'),
  ]);

  // The caller who started the job sees everything but the key.
  expect(faulty).toMatch(
    /Chunk 1: The Anthropic API answered 400 invalid_request_error: Quoting \[hidden\] .*"a-diagnosis"/,
  );
  expect(twice).toContain(`Duplicate document id "${ID}-1": lines 1 and 4.`);
  expect(poor).toContain(`Document "${ID}" (line 1): the field "text" is missing`);
  expect(picky).toContain(
    `Document "${ID}-1" (line 1): the builder "picky" threw: ${BUILDER_TEXT} ${ID}-1 ${TEXT} 1 [hidden]`,
  );
  expect(await cli('status', 'picky')).toContain(`${BUILDER_TEXT} ${ID}-1`);
  expect(await cli('results', 'faulty', '--failed')).toContain('400 invalid_request_error: Quoting [hidden]');
  await cli('status', 'faulty', '--json');
  await cli('list');

  const batches = new BatchClient(await server.client(), { store });
  const error = await (await batches.get('picky')).result().catch((error: unknown) => error);
  const summary = await (await batches.get('faulty')).result();
  expect(summary.failures[0]?.message).toContain('Quoting');

  const temporal = await toldToTemporal(await server.client());
  const told = [
    /The Anthropic API answered 400 invalid_request_error\./,
    /The Anthropic API answered 529 overloaded_error\./,
    /The Anthropic API answered 401 authentication_error\. Check the API key/,
    /The Anthropic API answered 429 rate_limit_error\./,
    /Lines 1 and 4 of the input have the same document id\./,
    /Line 1 of the input is invalid\./,
    /Line 1 of the input got no request from the builder "picky"\./,
    /wholeMessageInStore/,
  ];
  expect(told.filter((sentence) => !sentence.test(temporal))).toEqual([]);
  const stored = await filesBelow(store);
  // The quoted text has reached the store.
  expect(found(stored, PRIVATE)).toEqual(PRIVATE);
  expect(stored.split('[hidden]').length).toBeGreaterThan(10);

  expect(found(temporal, [...KEY_FORMS, ...PRIVATE])).toEqual([]);
  expect(found(worker.output, [...KEY_FORMS, ...PRIVATE])).toEqual([]);
  expect(worker.output).toContain('Line 1 of the input');
  expect(found(stored, KEY_FORMS)).toEqual([]);
  expect(found(printed.join('\n'), KEY_FORMS)).toEqual([]);
  const errors = [
    ...textsIn(error),
    inspect(error, { depth: null, showHidden: true }),
    (error as Error).stack,
  ];
  expect(found(errors.join('\n'), KEY_FORMS)).toEqual([]);
});
