import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../src/servers/ports';
import { type CliOptions, runCli, spawnCli, spawnSimulator } from '../support/cli';
import { ownServer, type TestServer, testServer } from '../support/dev-server';
import { eventually } from '../support/eventually';
import { documents } from '../support/job-world';
import { tempDir } from '../support/temp-dir';
import { TEMPLATE } from '../support/template';

let server: TestServer;
let url: string;

beforeAll(async () => {
  server = await testServer();
  url = (await spawnSimulator({ args: ['--allow-key', 'good-key'] })).url;
});

const NOWHERE = '127.0.0.1:9';

/** The environment of a worker that lacks nothing. A test removes from it. */
const env = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  ...server.env,
  ANTHROPIC_BASE_URL: url,
  ANTHROPIC_API_KEY: 'good-key',
  ...more,
});

const worker = (store: string, ...args: string[]) => ['worker', '--store', store, ...args];

const spawned = async (store: string, options: CliOptions & { until?: RegExp }, ...args: string[]) =>
  spawnCli(worker(store, ...args), options);

describe('a worker exits with an error, instead of taking jobs that it cannot run,', () => {
  it.each([
    [
      'has no key',
      { ANTHROPIC_API_KEY: undefined },
      /^Error: There is no Anthropic API key\. Set ANTHROPIC_/,
    ],
    [
      'has a key that is refused',
      { ANTHROPIC_API_KEY: 'bad' },
      /^Error: .* answered 401 authentication_error/,
    ],
  ])('if it %s', async (_, more, message) => {
    const { code, stdout, stderr } = await runCli(worker(await tempDir()), { env: env(more) });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^The worker was not started\.$/m);
    expect(stderr).not.toMatch(/ready/);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });

  it('if its store does not work, in a folder or in S3', async () => {
    const file = join(await tempDir(), 'file');
    await writeFile(file, '');
    const aws = {
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'made-up',
      AWS_SECRET_ACCESS_KEY: 'made-up',
      AWS_ENDPOINT_URL_S3: `http://${NOWHERE}`,
    };
    for (const [store, message] of [
      [join(file, 'below'), /^Error: Could not \w+ store\.json in the store .*\/file\/below: /m],
      ['s3://nope/x', /^Error: Could not \w+ store\.json in the store s3:\/\/nope\/x: .*ECONNREFUSED/m],
    ] as const) {
      const { code, stderr } = await runCli(worker(store), { env: env(aws) });
      expect(stderr).toMatch(message);
      expect(stderr).not.toMatch(/\n +at |made-up|ready/);
      expect(code).toBe(1);
    }
  });
});

describe('a mistake in the settings is named:', () => {
  it.each<[string, NodeJS.ProcessEnv, RegExp]>([
    [
      'a base URL that ends in /v1',
      { ANTHROPIC_BASE_URL: '/v1' },
      /answered 404.*The base URL ends in \/v1, which the SDK adds itself/,
    ],
    ['an Admin API key', { ANTHROPIC_API_KEY: 'sk-ant-admin01-x' }, /The key is an Admin API key/],
    ['an OAuth token', { ANTHROPIC_API_KEY: 'sk-ant-oat01-x' }, /set it as ANTHROPIC_AUTH_TOKEN/],
    [
      'a proxy that Node.js does not use',
      { ANTHROPIC_BASE_URL: `http://${NOWHERE}`, HTTPS_PROXY: 'http://proxy:3128' },
      /cannot be reached.*only with NODE_USE_ENV_PROXY=1/,
    ],
  ])('%s', async (_, more, message) => {
    const given = more.ANTHROPIC_BASE_URL === '/v1' ? { ANTHROPIC_BASE_URL: `${url}/v1` } : more;
    const running = await spawned(await tempDir(), { env: env(given) });
    await eventually(() => message.test(running.output));
    await running.stop();
  });

  it.each<[string, NodeJS.ProcessEnv, RegExp]>([
    [
      'an API key for a Temporal server without TLS',
      { TEMPORAL_API_KEY: 'key' },
      /uses TLS, because TEMPORAL_API_KEY .*set TEMPORAL_TLS=false/,
    ],
    [
      'Temporal Cloud without TLS',
      { TEMPORAL_ADDRESS: 'nowhere.invalid.tmprl.cloud:7233' },
      /Temporal Cloud needs TLS: set TEMPORAL_API_KEY/,
    ],
  ])('%s', async (_, more, message) => {
    const { code, stderr } = await runCli(['list', '--store', await tempDir()], { env: env(more) });
    expect(stderr).toMatch(message);
    expect(code).toBe(1);
  });
});

describe('a worker starts degraded, and reports it,', () => {
  it('if the API cannot be reached; its jobs wait and then continue', async () => {
    const store = await tempDir();
    const [port] = await freePorts(1);
    const base = `http://127.0.0.1:${port}`;
    const running = await spawned(store, {
      env: env({ ANTHROPIC_BASE_URL: base }),
      until:
        /Worker ready: .*, API 127\.0\.0\.1:\d+, degraded: The Anthropic API cannot be reached.*ECONNREFUSED/,
    });
    expect(running.output).toMatch(/Warning: .*ECONNREFUSED.* Jobs wait until the API answers\./);
    const cwd = await tempDir();
    await writeFile(join(cwd, 'template.json'), JSON.stringify(TEMPLATE));
    const lines = documents(3).map((document) => `${JSON.stringify(document)}\n`);
    await writeFile(join(cwd, 'docs.jsonl'), lines.join(''));
    const waiting = await spawnCli(
      [
        ...['start', 'docs.jsonl', '--template', 'template.json', '--store', store, '--poll-floor', '1s'],
        ...['--wait', '--json'],
      ],
      { env: env(), cwd, until: /planning · .*ECONNREFUSED/ },
    );
    await spawnSimulator({ port, args: ['--duration', '300ms'] });
    expect(await waiting.exit).toBe(0);
    expect(JSON.parse(waiting.stdout)).toMatchObject({ state: 'completed', succeeded: 3, batches: 1 });
    await running.stop();
  });

  it('if no Temporal server answers, and takes jobs once one does', async () => {
    const later = await ownServer();
    await later.kill9();
    const running = await spawned(await tempDir(), {
      env: env(later.env),
      until: /Warning: No Temporal server answers at 127\.0\.0\.1:\d+ .*takes no jobs until one answers/,
    });
    expect(running.output).not.toMatch(/Worker ready/);
    await later.restart();
    await eventually(() => /Worker ready: task queue anthropic-batch/.test(running.output));
    await running.stop();
    expect(running.ended).toBe(0);
  });

  it('and exits with 0 on SIGTERM while it waits for Temporal', async () => {
    const running = await spawned(await tempDir(), {
      env: env({ TEMPORAL_ADDRESS: NOWHERE }),
      until: /Warning: No Temporal server answers/,
    });
    await running.stop();
    expect(running.ended).toBe(0);
  });
});
