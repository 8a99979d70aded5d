import { spawn } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CliOptions, runCli, spawnCli, spawnSimulator, spawnWorker } from '../support/cli';
import { type TestServer, testServer } from '../support/dev-server';
import { eventually } from '../support/eventually';
import { documents } from '../support/job-world';
import { root } from '../support/root';
import { tempDir } from '../support/temp-dir';
import { TEMPLATE } from '../support/template';

let server: TestServer;
/** Where the commands run. */
let cwd: string;
let url: string;

const cli = (args: string[], options: CliOptions = {}) =>
  runCli(args, { cwd, ...options, env: { ...server.env, ...options.env } });

const inFolder = (name: string) => join(cwd, name);
const jsonl = (lines: unknown[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join('');

const QUICK = ['--poll-floor', '1s'];

/** A job of 30 documents, three of which are refused the first time. */
const startMixed = (...args: string[]) =>
  cli(['start', 'mixed.jsonl', '--template', 'template.json', '--chunk-size', '20', ...QUICK, ...args]);

beforeAll(async () => {
  server = await testServer();
  cwd = await tempDir();
  url = (await spawnSimulator({ args: ['--duration', '300ms'] })).url;
  await writeFile(inFolder('template.json'), JSON.stringify(TEMPLATE));
  await writeFile(inFolder('docs.jsonl'), jsonl(documents(30)));
  const refused = (i: number) => `${i}${i % 10 === 3 ? '[[sim:errored:invalid_request_error:times=1]]' : ''}`;
  await writeFile(inFolder('mixed.jsonl'), jsonl(documents(30, refused)));
  await spawnWorker({ server, store: inFolder('.anthropic-batch'), anthropicBaseUrl: url });
});

describe('a budget', () => {
  const start = (id: string, ...args: string[]) =>
    cli([
      ...['start', 'docs.jsonl', '--template', 'template.json', '--chunk-size', '10', '--id', id, '--wait'],
      ...[...QUICK, ...args],
    ]);

  it('refuses to send a job that it does not cover: exit code 4, with what to do', async () => {
    const { code, stdout, stderr } = await start('costly', '--max-usd', '0.0001');
    expect(code).toBe(4);
    expect(stdout).toMatch(/^state +failed$/m);
    expect(stderr).toMatch(/The budget of the job, 0\.0001 USD .* is too small: .* --on-budget end or wait/);
    expect((await cli(['budget', 'costly'])).stdout).toMatch(
      /^budget +0\.0001 USD\nspent +0\.00 USD\nreserved +0\.00 USD for 0 chunks in flight\nleft +0\.0001 USD\n$/,
    );
  });

  it('ends a job when it is used up: the exit code, the report and the budget itself show it', async () => {
    const { code, stdout } = await start('ended', '--max-usd', '0.00026', '--on-budget', 'end');
    expect(code).toBe(4);
    expect(stdout).toMatch(/^over budget +20 not sent$/m);
    const state = JSON.parse((await cli(['budget', 'ended', '--json'])).stdout);
    expect(state).toMatchObject({ maxUsd: '0.00026', reserved: '0.00', chunks: 0 });
    expect((await cli(['status', 'ended'])).stdout).toMatch(/^over budget +20 /m);
  });

  it('of the store can be set, shown and removed without a Temporal server', async () => {
    const store = ['--store', inFolder('budgeted')];
    const alone = (...args: string[]) =>
      cli(['budget', ...store, ...args], { env: { TEMPORAL_ADDRESS: '127.0.0.1:1' } });
    expect((await alone('--per', 'day', '--max-usd', '7')).stdout).toMatch(
      /^budget +7\.00 USD, day \d{4}-\d\d-\d\d$/m,
    );
    expect(JSON.parse((await alone('--json')).stdout)).toMatchObject({ maxUsd: '7.00', left: '7.00' });
    expect((await alone('--off')).stderr).toMatch('The store has no budget.');
  });

  it.each([
    [['job', '--per', 'day'], '`--per` applies to the store'],
    [['--raise-to', '5'], '`--raise-to` applies to a job'],
    [['--per', 'day'], 'give --per and --max-usd'],
    [['--per', 'day', '--max-usd', 'much'], '`--max-usd` must be an amount in USD above 0'],
  ])('refuses the flags %j', async (args, message) => {
    const { code, stderr } = await cli(['budget', ...args]);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });
});

describe('start --wait', () => {
  it('prints one JSON object and exits with 0 if every document succeeded', async () => {
    const { code, stdout, stderr } = await cli([
      ...['start', 'docs.jsonl', '--template', 'template.json', '--chunk-size', '20', '--id', 'well'],
      ...['--wait', '--json', ...QUICK],
    ]);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    const report = JSON.parse(stdout);
    expect(report).toEqual({
      job: 'well',
      state: 'completed',
      documents: 30,
      succeeded: 30,
      failed: 0,
      chunks: 2,
      batches: 2,
      rounds: 1,
      cost: expect.objectContaining({ requests: 30 }),
      orphaned: [],
      overBudget: 0,
      odd: {},
      errors: [],
      lost: 0,
      retryUsd: null,
      equal: 0,
      reused: 0,
      unresolved: 0,
      live: 0,
      maybePaidTwice: 0,
      results: expect.stringMatching(/^\.anthropic-batch\/jobs\/well\/.*\/results\/$/),
    });
    expect(await readdir(inFolder(report.results))).toEqual(['000000.jsonl', '000001.jsonl']);
    expect(stderr).toMatch(/^running · /m);
    expect(stderr).not.toContain('at once');
    expect(code).toBe(0);
  });

  it('exits with 3 if documents failed, and retry resends them', async () => {
    const { code, stdout, stderr } = await startMixed('--id', 'mixed', '--wait');
    expect(stdout).toMatch(/^failed +3$/m);
    expect(stderr).toMatch(
      /^Fewer than 100 documents: messages\.create answers each immediately, at twice the price/m,
    );
    expect(stderr).toMatch(/3 documents failed: "anthropic-batch results mixed --failed"/);
    expect(code).toBe(3);

    const failed = await cli(['results', 'mixed', '--failed']);
    const lines = failed.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ id, status }) => [id, status])).toEqual([
      ['doc-3', 'errored'],
      ['doc-13', 'errored'],
      ['doc-23', 'errored'],
    ]);

    const retry = await cli(['retry', 'mixed', '--wait', '--json']);
    expect(JSON.parse(retry.stdout)).toMatchObject({ job: 'mixed-retry-1', documents: 3, succeeded: 3 });
    expect(retry.code).toBe(0);
    const again = await cli(['retry', 'mixed-retry-1']);
    expect(again).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/none of its documents failed/),
    });
  });

  it('exits with 5 if the job is canceled', async () => {
    const slow = await spawnSimulator({ args: ['--duration', '60s'] });
    const queue = ['--task-queue', 'slow'];
    const store = inFolder('.anthropic-batch');
    await spawnWorker({ server, store, taskQueue: 'slow', anthropicBaseUrl: slow.url });
    const args = [
      'start',
      'docs.jsonl',
      '--template',
      'template.json',
      '--id',
      'stop-me',
      ...QUICK,
      ...queue,
    ];
    const waiting = await spawnCli([...args, '--wait', '--json'], {
      cwd,
      env: server.env,
    });
    await eventually(() => / 1 batch$/m.test(waiting.stderr));

    expect((await cli(['pause', 'stop-me', ...queue])).code).toBe(0);
    expect(JSON.parse((await cli(['status', 'stop-me', '--json', ...queue])).stdout).state).toBe('paused');
    expect((await cli(['resume', 'stop-me', ...queue])).code).toBe(0);
    expect((await cli(['cancel', 'stop-me', ...queue])).code).toBe(0);
    expect(await waiting.exit).toBe(5);
    expect(JSON.parse(waiting.stdout)).toMatchObject({ job: 'stop-me', state: 'canceled', documents: 30 });
  });

  it('leaves the job running at Ctrl-C, and says how to follow it', async () => {
    const slow = await spawnSimulator({ args: ['--duration', '5s'] });
    const queue = ['--task-queue', 'interrupted'];
    const store = inFolder('.anthropic-batch');
    await spawnWorker({
      server,
      store,
      taskQueue: 'interrupted',
      anthropicBaseUrl: slow.url,
    });
    const args = ['start', 'docs.jsonl', '--template', 'template.json', '--id', 'go on', ...QUICK, ...queue];
    const waiting = await spawnCli([...args, '--wait'], { cwd, env: server.env });
    await eventually(() => / 1 batch$/m.test(waiting.stderr));
    process.kill(waiting.pid, 'SIGINT');
    expect(await waiting.exit).toBe(130);
    expect(waiting.stderr).toMatch(
      /continues\. Follow it with "anthropic-batch status 'go on' --watch --task-queue interrupted"/,
    );

    const watched = await cli(['status', 'go on', '--watch', ...queue]);
    expect(watched.stdout).toMatch(/^succeeded +30$/m);
    expect(watched.code).toBe(0);
  });

  it('exits with 1 if the documents do not fit the template, and sends nothing', async () => {
    await writeFile(inFolder('unfit.jsonl'), '{"id":"a","text":"x"}\n{"id":"b"}\n');
    await writeFile(inFolder('broken.jsonl'), '{"id":"a","text":"x"}\n{"id":\n');
    for (const [file, message] of [
      ['unfit.jsonl', /failed: .*"b".*text/],
      ['broken.jsonl', /failed: Line 2/],
    ] as const) {
      const { code, stderr } = await cli(['start', file, '--template', 'template.json', '--wait', ...QUICK]);
      expect(stderr).toMatch(message);
      expect(stderr).not.toMatch(/\n +at /);
      expect(code).toBe(1);
    }
  });

  it('leaves a failed job whose status says why it failed', async () => {
    await writeFile(inFolder('unfit.jsonl'), '{"id":"a","text":"x"}\n{"id":"b"}\n');
    await cli(['start', 'unfit.jsonl', '--template', 'template.json', '--id', 'unfit', '--wait', ...QUICK]);
    expect((await cli(['status', 'unfit'])).stdout).toMatch(/^failure +Document "b" \(line 2\): .*"text"/m);
    expect(await cli(['results', 'unfit'])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringMatching(/^The job unfit failed: Document "b"/m),
    });
  });
});

describe('other commands', () => {
  it('show a job, list it, and print its results', async () => {
    const started = await cli([
      'start',
      'docs.jsonl',
      '--template',
      'template.json',
      '--id',
      'shown',
      ...QUICK,
    ]);
    expect(started).toMatchObject({ code: 0, stdout: 'shown\n' });
    expect((await cli(['status', 'shown', '--watch', '--json'])).code).toBe(0);
    expect((await cli(['status', 'shown'])).stdout).toMatch(/^state +completed$/m);

    const { stdout } = await cli(['results', 'shown']);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).id),
    ).toEqual(documents(30).map(({ id }) => id));
    expect(JSON.parse((await cli(['prune', '--older-than', '1d', '--json'])).stdout)).toEqual([]);
    const unreached = await cli(['results', 'shown'], { env: { TEMPORAL_ADDRESS: '127.0.0.1:9' } });
    expect(unreached).toMatchObject({ code: 0, stdout });
    expect(unreached.stderr).toMatch(
      /^Warning: The Temporal server does not answer \(.+\)\. Reading the job "[^"]*" from the store/,
    );
    expect(await cli(['results', 'shown', '--out', 'out.jsonl'])).toMatchObject({ code: 0, stdout: '' });
    expect(await readFile(inFolder('out.jsonl'), 'utf8')).toBe(stdout);
    expect((await readdir(cwd)).filter((name) => name.endsWith('.partial'))).toEqual([]);

    const listed = await eventually(async () => {
      const jobs: { id: string; state: string }[] = JSON.parse((await cli(['list', '--json'])).stdout);
      return jobs.find(({ id, state }) => id === 'shown' && state === 'completed');
    });
    expect(listed.id).toBe('shown');
    expect((await cli(['list'])).stdout).toMatch(/^job +state +started +ended +documents +done +USD\n/);
  });

  it('reconcile and delete a job, and report what they did', async () => {
    const started = await cli([
      ...['start', 'docs.jsonl', '--template', 'template.json', '--chunk-size', '20', '--id', 'to-delete'],
      ...['--wait', ...QUICK],
    ]);
    expect(started.code).toBe(0);
    const { code, stdout } = await cli(['reconcile', '--job', 'to-delete', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([
      { job: 'to-delete', state: 'completed', succeeded: 30, failed: 0 },
    ]);
    const deleted = await cli(['delete', 'to-delete', '--batches', '--yes', '--json']);
    expect(JSON.parse(deleted.stdout)).toMatchObject({ job: 'to-delete', batches: 2 });
    expect((await cli(['delete', 'to-delete', '--yes'])).code).toBe(1);
  });

  it('run a builder that the user wrote', async () => {
    await writeFile(
      inFolder('builders.mjs'),
      `export const upper = ({ fields }) => ({ model: 'claude-haiku-5-5', max_tokens: 9,
         messages: [{ role: 'user', content: fields.text.toUpperCase() }] });`,
    );
    await spawnWorker({
      server,
      store: inFolder('.anthropic-batch'),
      taskQueue: 'builders',
      anthropicBaseUrl: url,
      args: ['--builders', inFolder('builders.mjs')],
    });
    const { code } = await cli([
      ...[
        'start',
        'docs.jsonl',
        '--builder',
        'upper',
        '--id',
        'upper',
        '--wait',
        '--task-queue',
        'builders',
        ...QUICK,
      ],
    ]);
    expect(code).toBe(0);
    expect((await cli(['results', 'upper'])).stdout).toMatch(/DOCUMENT 29/);
  });

  it('end quietly if the reader of the results closes the pipe', async () => {
    await writeFile(inFolder('many.jsonl'), jsonl(documents(2_000)));
    await cli(['start', 'many.jsonl', '--template', 'template.json', '--id', 'many', '--wait', ...QUICK]);
    const line = `"${process.execPath}" "${join(root, 'dist/src/cli/main.js')}" results many`;
    const piped = spawn('bash', ['-c', `${line} | head -1; echo "code \${PIPESTATUS[0]}"`], {
      cwd,
      env: { ...process.env, ...server.env },
    });
    let output = '';
    for (const stream of [piped.stdout, piped.stderr]) stream.on('data', (data) => (output += data));
    await new Promise((resolve) => piped.once('close', resolve));
    expect(output).toMatch(/^\{"id":"doc-0".*\}\ncode 0\n$/);
  });

  it('register search attributes, once', async () => {
    const own = await testServer();
    const register = () => runCli(['register-search-attributes'], { env: own.env });
    expect(await register()).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/Registered.*AnthropicBatchState, AnthropicBatchId, AnthropicBatchModel/),
    });
    expect(await register()).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/already has the search attributes/),
    });
  });

  it('warn that no worker polls, instead of waiting silently', async () => {
    const { code, stderr } = await cli([
      ...['start', 'docs.jsonl', '--template', 'template.json', '--id', 'alone', '--task-queue', 'unknown'],
    ]);
    expect(stderr).toMatch(/Warning: No worker polls the task queue "unknown" in the namespace "test-/);
    expect(stderr).toMatch(/"anthropic-batch worker --store \.anthropic-batch --task-queue unknown"/);
    expect(code).toBe(0);
    expect(await cli(['status', 'alone', '--task-queue', 'unknown'])).toMatchObject({ code: 1, stdout: '' });
  });
});

describe('a command', () => {
  const start = ['start', 'docs.jsonl', '--template', 'template.json'];

  it.each([
    ['an unknown command', ['stats'], 2, /Did you mean (start|status)\?/],
    ['an unknown flag', [...start, '--chunksize', '5'], 2, /Did you mean --chunk-size\?/],
    ['no request', ['start', 'docs.jsonl'], 2, /no params.* --template FILE or --builder NAME/],
    ['two requests', [...start, '--builder', 'x'], 2, /--template FILE or --builder NAME/],
    [
      'no such input',
      ['start', 'none.jsonl', '--template', 'template.json'],
      2,
      /"none\.jsonl".*no such file/,
    ],
    ['no file of a pattern', ['start', '*.nope', '--template', 'template.json'], 2, /no file in "\*\.nope"/],
    ['no such template', ['start', 'docs.jsonl', '--template', 'none.json'], 2, /none\.json.*no such file/],
    [
      'a template that is not JSON',
      ['start', 'docs.jsonl', '--template', 'docs.jsonl'],
      2,
      /docs\.jsonl.*line 2, column 1/,
    ],
    [
      'a value out of range',
      [...start, '--chunk-size', '0'],
      2,
      /`--chunk-size` must be .* 1 to 100,000 \(got 0\)/,
    ],
    [
      'a value of another type',
      [...start, '--poll-floor', 'soon'],
      2,
      /`--poll-floor` must be .*\(got "soon"\)/,
    ],
    ['an unknown job', ['status', 'unknown'], 1, /no job "unknown"/],
    ['results of an unknown job', ['results', 'unknown'], 1, /no job "unknown"/],
    ['a deletion without a terminal', ['delete', 'unknown'], 2, /give --yes/],
    ['the deletion of an unknown job', ['delete', 'unknown', '--yes'], 1, /no job "unknown"/],
    [
      'an age that is not a duration',
      ['prune', '--older-than', 'old'],
      2,
      /`--older-than` must be .*\(got "old"\)/,
    ],
    ['canceling without a job', ['reconcile', '--cancel'], 2, /`--cancel` requires `--job`/],
    ['an unknown schedule', ['schedule', 'pause', 'unknown'], 1, /no schedule "unknown"/],
    ['an unknown kind of store', [...start, '--store', 'ftp://x/y'], 2, /"ftp:\/\/x\/y"/],
  ])('fails with a clear message for %s', async (_, args, expected, message) => {
    const { code, stdout, stderr } = await cli(args);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n +at /);
    expect({ code, stdout }).toEqual({ code: expected, stdout: '' });
  });

  it('reports within seconds that no server answers', async () => {
    const began = Date.now();
    for (const args of [['list'], start]) {
      const { code, stderr } = await cli(args, { env: { TEMPORAL_ADDRESS: '127.0.0.1:9' } });
      expect(stderr).toMatch(/No Temporal server answers at 127\.0\.0\.1:9/);
      expect(code).toBe(1);
    }
    expect(Date.now() - began).toBeLessThan(40_000);
  });

  it('reports that the namespace does not exist', async () => {
    const { code, stderr } = await cli(start, { env: { TEMPORAL_NAMESPACE: 'nowhere' } });
    expect(stderr).toMatch(/nowhere/);
    expect(stderr).not.toMatch(/\n +at /);
    expect(code).toBe(1);
  });
});
