import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InputSourceError, JobFailedError, type StartOptions } from 'temporal-anthropic-batch/client';
import { describe, expect, test } from 'vitest';
import { collect } from '../support/job-checks';
import {
  documents,
  type JobWorld,
  jobWorld,
  runWorker,
  withoutKey,
  workingWorld,
} from '../support/job-world';
import { tempDir } from '../support/temp-dir';
import { TEMPLATE } from '../support/template';

/** Returns why a job failed, after checking that nothing was sent and nothing is left running. */
async function failure(world: JobWorld, options: Parameters<JobWorld['start']>[0]): Promise<string> {
  const job = await world.start(options);
  const error = await job.result().catch((error: unknown) => error);
  expect(error).toBeInstanceOf(JobFailedError);
  const { reason, type, summary } = error as JobFailedError;
  expect(type).toMatch(/^anthropic\.[A-Z]/);
  expect(summary).toMatchObject({
    state: 'failed',
    succeeded: 0,
    batches: 0,
    failure: reason,
    failureType: type,
  });
  expect(await collect(job.results())).toEqual([]);
  expect(await job.progress()).toMatchObject({ state: 'failed' });
  expect(world.simulator.calls().create).toBe(0);
  return reason;
}

async function file(text: string, name = 'input.jsonl'): Promise<{ file: string }> {
  const path = join(await tempDir(), name);
  await writeFile(path, text);
  return { file: path };
}

const lines = (...values: unknown[]) =>
  values.map((value) => `${typeof value === 'string' ? value : JSON.stringify(value)}\n`).join('');

describe.concurrent('an invalid input fails the job before anything is sent', () => {
  // The chunks before the mistake are planned but not sent.
  const good = documents(20);

  const cases: { what: string; input: () => Promise<StartOptions['input']>; message: string | RegExp }[] = [
    {
      what: 'broken JSON',
      input: () => file(lines(...good, '{"id":"broken","text":')),
      message: /^Line 21: .*JSON/,
    },
    {
      what: 'a line that is not an object',
      input: () => file(lines(...good, '[1,2]')),
      message: /^Line 21: .*object/,
    },
    {
      what: 'a missing field',
      input: () => file(lines(...good, { id: 'poor one', title: 'no text' })),
      message: /^Document "poor one" \(line 21\): .*text/,
    },
    {
      what: 'a duplicate id',
      input: () => file(lines(...good, { id: 'new', text: 'a' }, { id: 'doc-3', text: 'b' })),
      message: 'Duplicate document id "doc-3": lines 4 and 22.',
    },
    {
      what: 'a line number that is another document’s id',
      input: () => file(lines({ id: '2', text: 'a' }, { text: 'b' })),
      message: 'Duplicate document id "2": lines 1 and 2.',
    },
    {
      what: 'a lone surrogate',
      input: () => file(lines(...good, '{"id":"half","text":"\\ud83d alone"}')),
      message: /^Document "half" \(line 21\): .*surrogate/,
    },
    {
      what: 'bytes that are not UTF-8',
      input: async () => {
        const path = join(await tempDir(), 'latin1.jsonl');
        await writeFile(path, Buffer.from('{"id":"a","text":"caf\xe9"}\n', 'latin1'));
        return { file: path };
      },
      message: /^Line 1: .*UTF-8/,
    },
    {
      what: 'a CSV row with a different number of fields',
      input: () => file('id,text\na,one\nb,two,three\n', 'input.csv'),
      message: /^Line 3: /,
    },
  ];

  test.each(cases)('$what', async ({ input, message }) => {
    const world = await workingWorld();
    const reason = await failure(world, { input: await input(), chunkSize: 5 });
    if (typeof message === 'string') expect(reason).toBe(message);
    else expect(reason).toMatch(message);
    // The message must not contain the document's text.
    expect(reason).not.toContain('no text');
  });

  test('a builder that throws', async () => {
    const world = await jobWorld();
    await runWorker(world, {
      builders: {
        picky: ({ id }) => {
          if (id === 'doc-7') throw new Error('I do not like it');
          return { ...TEMPLATE, messages: [{ role: 'user', content: id }] };
        },
      },
    });
    const reason = await failure(world, {
      template: undefined,
      builder: 'picky',
      input: { documents: good },
      chunkSize: 5,
    });
    expect(reason).toMatch(/^Document "doc-7" \(line 8\): .*I do not like it/);
  });

  test('params that the API would refuse', async () => {
    const world = await jobWorld();
    await runWorker(world, {
      builders: { wrong: ({ id }) => ({ ...TEMPLATE, max_tokens: id === 'doc-2' ? 0 : 5 }) },
    });
    const reason = await failure(world, {
      template: undefined,
      builder: 'wrong',
      input: { documents: good },
    });
    expect(reason).toMatch(/^Document "doc-2" \(line 3\): .*max_tokens/);
  });
});

describe.concurrent('the client refuses to start', () => {
  const started = async (world: JobWorld) => {
    const jobs: unknown[] = [];
    for await (const job of world.client.workflow.list({ query: `TaskQueue = '${world.taskQueue}'` }))
      jobs.push(job);
    return jobs;
  };

  test('a document from code with a lone surrogate', async () => {
    const world = await jobWorld();
    const error = await world
      .start({
        input: {
          documents: [
            { id: 'whole', text: 'a' },
            { id: 'half', text: '\ud83d' },
          ],
        },
      })
      .catch((error: unknown) => error);
    expect(error).toBeInstanceOf(InputSourceError);
    expect((error as Error).message).toMatch(/Document 2 \(id "half"\) .*"text".*lone surrogate/);
    expect(await started(world)).toEqual([]);
  });

  test('a file that does not exist', async () => {
    const world = await jobWorld();
    const path = join(await tempDir(), 'nothing.jsonl');
    await expect(world.start({ input: { file: path } })).rejects.toThrow(
      /nothing\.jsonl" cannot be read: there is no such file/,
    );
    expect(await started(world)).toEqual([]);
  });

  test.each([
    [{ chunkSize: 0 }, '`chunkSize` must be an integer from 1 to 100,000 (got 0).'],
    [{ maxRounds: 2.5 }, '`maxRounds` must be an integer from 1 to 20 (got 2.5).'],
    [{ pollFloor: 'soon' }, '`pollFloor` must be a duration from 1s to 24h'],
    [{ chunkSise: 5 }, 'There is no option "chunkSise" (got 5). Did you mean chunkSize?'],
    [{ template: { ...TEMPLATE, max_tokens: 0 } }, 'template.max_tokens'],
    [{ template: { ...TEMPLATE, stream: true } }, 'template.stream'],
    [{ builder: 'both' }, '`template` and `builder` cannot be combined'],
  ])('%j', async (options, message) => {
    const world = await jobWorld();
    await expect(world.start({ input: { documents: documents(1) }, ...(options as object) })).rejects.toThrow(
      message,
    );
    expect(await started(world)).toEqual([]);
  });
});

describe.concurrent('a job that does not wait for another worker fails, before anything is sent, if its worker lacks', () => {
  const waitForWorker = 0;

  test('a builder', async () => {
    const world = await jobWorld();
    await runWorker(world, { builders: { summarize: () => TEMPLATE } });
    const reason = await failure(world, {
      template: undefined,
      builder: 'sumarize',
      input: { documents: documents(2) },
      waitForWorker,
    });
    expect(reason).toMatch(/no builder "sumarize": it has summarize\./);
  });

  test('the right key', async () => {
    const world = await workingWorld({ apiKeys: ['the-right-key'] });
    const reason = await failure(world, { input: { documents: documents(2) }, waitForWorker });
    expect(reason).toBe(
      'The Anthropic API answered 401 authentication_error: invalid x-api-key. Check the API key.',
    );
    expect(reason).not.toContain('test-key');
  });

  test('a key', async () => {
    const world = await jobWorld();
    await runWorker(world, { anthropic: withoutKey(world) });
    const reason = await failure(world, { input: { documents: documents(2) }, waitForWorker });
    expect(reason).toBe('There is no Anthropic API key. Set ANTHROPIC_API_KEY where this process runs.');
  });

  test("the job's store: the job fails and names both", async () => {
    const world = await jobWorld();
    const other = await tempDir();
    await runWorker(world, { store: other });
    const job = await world.start({ input: { documents: documents(2) }, waitForWorker });
    await expect(job.result()).rejects.toThrow(`The worker's store ${other} is not the job's`);
    expect(world.simulator.calls().create).toBe(0);
  });
});
