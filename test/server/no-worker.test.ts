import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runCli, spawnSimulator, spawnWorker } from '../support/cli';
import { type TestServer, testServer } from '../support/dev-server';
import { eventually } from '../support/eventually';
import { clientWorld, documents } from '../support/job-world';
import { tempDir } from '../support/temp-dir';
import { TEMPLATE } from '../support/template';

let server: TestServer;
let cwd: string;

const NOWHERE = { TEMPORAL_ADDRESS: '127.0.0.1:9' };

const cli = (args: string[], env: NodeJS.ProcessEnv = server.env) => runCli(args, { cwd, env });

beforeAll(async () => {
  server = await testServer();
  cwd = await tempDir();
  await writeFile(join(cwd, 'template.json'), JSON.stringify(TEMPLATE));
  const lines = documents(3).map((document) => `${JSON.stringify(document)}\n`);
  await writeFile(join(cwd, 'docs.jsonl'), lines.join(''));
  // The default task queue has a worker, so the messages must be about the job's own queue.
  const { url } = await spawnSimulator();
  await spawnWorker({ server, store: join(cwd, '.anthropic-batch'), anthropicBaseUrl: url });
});

describe('of a job whose task queue has no worker', () => {
  const MISSING = /No worker polls the task queue "deserted" in the namespace "test-/;

  beforeAll(async () => {
    await cli([
      ...['start', 'docs.jsonl', '--template', 'template.json', '--id', 'alone'],
      ...['--task-queue', 'deserted', '--max-usd', '5'],
    ]);
  });

  it('status names the job’s queue and ignores --task-queue', async () => {
    const { code, stdout, stderr } = await cli(['status', 'alone']);
    expect(stderr).toMatch(MISSING);
    expect(stderr).not.toMatch(/No Temporal server/);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });

  it('requests are recorded without a worker, and name the queue', async () => {
    for (const [name, ...more] of [['pause'], ['resume'], ['budget', '--raise-to', '9']]) {
      const { code, stderr } = await cli([name!, 'alone', ...more]);
      expect(stderr, name).toMatch(MISSING);
      expect(stderr).not.toMatch(/No Temporal server/);
      expect(code, name).toBe(0);
    }
  });

  it('commands that need only the store work', async () => {
    const budget = await cli(['budget', 'alone']);
    expect(budget.stdout).toMatch(/^budget +9\.00 USD$/m);
    expect(budget.code).toBe(0);
    const { code, stdout, stderr } = await cli(['results', 'alone']);
    expect(stderr).toMatch(/has not ended/);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  });

  it('cancel reports that it waits for a worker', async () => {
    const { code, stderr } = await cli(['cancel', 'alone']);
    expect(stderr).toMatch(MISSING);
    expect(code).toBe(0);
  });
});

it('without a server, every command says so or shows what the store holds', async () => {
  await cli(['start', 'docs.jsonl', '--template', 'template.json', '--id', 'stored', '--task-queue', 'gone']);
  const asked = [
    ...[['pause'], ['resume'], ['cancel'], ['budget', '--raise-to', '9']].map(([name, ...more]) => ({
      args: [name!, 'stored', ...more],
      says: /^Error: No Temporal server answers at 127\.0\.0\.1:9/,
      code: 1,
    })),
    ...['status', 'results', 'budget'].map((name) => ({
      args: [name, 'stored'],
      says: /^Warning: The Temporal server does not answer \(.+\)\. Reading the job "[^"]*" from the store/,
      code: 0,
    })),
    { args: ['status', 'unknown'], says: /^Error: No Temporal server answers at 127\.0\.0\.1:9/, code: 1 },
  ];
  const answers = await Promise.all(asked.map(({ args }) => cli(args, NOWHERE)));
  for (const [index, { code, stderr }] of answers.entries()) {
    expect(stderr, asked[index]!.args.join(' ')).toMatch(asked[index]!.says);
    expect(stderr).not.toMatch(/No worker polls/);
    expect(code).toBe(asked[index]!.code);
  }
});

it('a deletion of batches whose workflow is terminated fails with an error of this package, and keeps the files', async () => {
  const { client, batches } = await clientWorld();
  const { id } = await batches.start({ id: 'kept', input: { documents: documents(1) }, template: TEMPLATE });
  await client.workflow.getHandle(id).terminate();
  const deletion = batches.delete(id, { batches: true, force: true }).catch((error) => error);
  const query = `WorkflowType = 'anthropicDeleteJob' AND ExecutionStatus = 'Running'`;
  const workflow = await eventually(async () => {
    for await (const { workflowId } of client.workflow.list({ query })) return workflowId;
  });
  await client.workflow.getHandle(workflow).terminate('enough');
  expect(await deletion).toMatchObject({
    name: 'JobStateError',
    code: 'JOB_STATE',
    message: expect.stringMatching(
      /^The batches of the job "kept" were not deleted, and its files were kept: enough/,
    ),
  });
  expect(await (await batches.get(id)).progress()).toMatchObject({ state: 'failed' });
});
