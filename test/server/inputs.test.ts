import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { JobFailedError } from 'temporal-anthropic-batch/client';
import { beforeAll, describe, expect, it } from 'vitest';
import { S3Store } from '../../src/store/s3/s3-store';
import { runCli } from '../support/cli';
import { type JobWorld, workingWorld } from '../support/job-world';
import { s3Server } from '../support/s3';
import { tempDir } from '../support/temp-dir';
import { TEMPLATE } from '../support/template';

let world: JobWorld;
/** Where the commands run. */
let cwd: string;

beforeAll(async () => {
  world = await workingWorld();
  cwd = await tempDir();
  await writeFile(join(cwd, 'template.json'), JSON.stringify(TEMPLATE));
});

const cli = (args: string[], options: { stdin?: string; env?: NodeJS.ProcessEnv } = {}) =>
  runCli([...args, '--store', world.store, '--task-queue', world.taskQueue], {
    cwd,
    stdin: options.stdin,
    env: { ...world.server.env, ...options.env },
  });

/** Starts a job, and returns the ids of its results. */
async function idsOf(
  id: string,
  inputs: string[],
  options: Parameters<typeof cli>[1] = {},
): Promise<string[]> {
  const flags = ['--template', 'template.json', '--poll-floor', '1s', '--id', id, '--wait'];
  const { code, stderr } = await cli(['start', ...inputs, ...flags], options);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const { stdout } = await cli(['results', id]);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).id);
}

describe.concurrent('start', () => {
  it('takes folders, patterns and files as one set', async () => {
    await mkdir(join(cwd, 'docs'));
    await writeFile(join(cwd, 'docs/a.json'), '[{"text":"x"}, {"id":"named","text":"y"}]');
    await writeFile(join(cwd, 'docs/b.tsv.gz'), gzipSync('text\nz\n'));
    await writeFile(join(cwd, 'one.csv'), 'text;n\nu;1\n');
    await writeFile(join(cwd, 'two.csv'), 'text;n\nv;1\n');
    expect(await idsOf('folder', ['docs'])).toEqual(['docs/a.json:1', 'named', 'docs/b.tsv.gz:2']);
    expect(await idsOf('files', ['one.csv', 't*.csv', '--delimiter', ';'])).toEqual([
      'one.csv:2',
      'two.csv:2',
    ]);
  });

  it('sends documents that are requests without a template', async () => {
    const params = { ...TEMPLATE, messages: [{ role: 'user', content: 'x' }] };
    const line = (params: object) => `${JSON.stringify({ custom_id: 'r', params })}\n`;
    const flags = ['--poll-floor', '1s', '--id', 'requests', '--wait'];
    expect((await cli(['start', '-', ...flags], { stdin: line(params) })).code).toBe(0);
    expect(JSON.parse((await cli(['results', 'requests'])).stdout)).toMatchObject({
      id: 'r',
      status: 'succeeded',
    });
    const refused = await cli(['start', '-', '--id', 'no-requests'], {
      stdin: '{"custom_id":"r","text":"x"}\n',
    });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("The input's first document has no params.");
    expect((await cli(['status', 'no-requests'])).stderr).toContain('no-requests');
  });

  it('reads stdin, by default as JSONL', async () => {
    expect(await idsOf('piped', ['-'], { stdin: '{"text":"x"}\n{"id":"b","text":"y"}\n' })).toEqual([
      '1',
      'b',
    ]);
    const csv = { stdin: 'id,text\na,x\n' };
    expect(await idsOf('piped-csv', ['-', '--format', 'csv'], csv)).toEqual(['a']);
    const both = await cli(['start', '-', 'one.csv', '--template', 'template.json']);
    expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining('cannot be combined') });
  });

  it('takes an object or a prefix in S3', { timeout: 600_000 }, async () => {
    const s3 = await s3Server();
    const store = new S3Store('s3://bucket', { client: s3.client() });
    await store.put('in/a.jsonl', '{"text":"x"}\n');
    await store.put('in/b.csv.gz', gzipSync('id,text\nb,y\n'));
    expect(await idsOf('object', ['s3://bucket/in/a.jsonl'], { env: s3.env })).toEqual(['1']);
    expect(await idsOf('prefix', ['s3://bucket/in/'], { env: s3.env })).toEqual([
      's3://bucket/in/a.jsonl:1',
      'b',
    ]);
    const { code, stderr } = await cli(['start', 's3://bucket/in', '--template', 'template.json'], {
      env: s3.env,
    });
    expect(code).toBe(2);
    expect(stderr).toContain(
      '"s3://bucket/in" cannot be read: there is no such object. A prefix must end in "/".',
    );
  });

  it('takes the first documents for a pilot, whose answers the whole set reuses', async () => {
    const lines = Array.from({ length: 5 }, (_, n) => `{"id":"p${n}","text":"pilot ${n}"}\n`);
    await writeFile(join(cwd, 'pilot.jsonl'), lines.join(''));
    expect(await idsOf('pilot', ['pilot.jsonl', '--limit', '2'])).toEqual(['p0', 'p1']);
    expect(await idsOf('whole', ['pilot.jsonl', '--reuse'])).toEqual(['p0', 'p1', 'p2', 'p3', 'p4']);
    expect(await (await world.batches.get('whole')).result()).toMatchObject({ succeeded: 5, reused: 2 });
  });

  it('sends files as documents', async () => {
    await mkdir(join(cwd, 'scans'));
    await writeFile(join(cwd, 'scans/a.pdf'), '%PDF-1.7');
    await writeFile(join(cwd, 'scans/b.txt'), 'text');
    const messages = [{ role: 'user', content: ['{{content}}', { type: 'text', text: 'Sum it up.' }] }];
    await writeFile(join(cwd, 'files.json'), JSON.stringify({ ...TEMPLATE, messages }));
    const flags = ['--template', 'files.json', '--poll-floor', '1s', '--id', 'scans', '--wait'];
    expect(await cli(['start', '--files', 'scans/*', ...flags])).toMatchObject({ code: 0 });
    const { stdout } = await cli(['results', 'scans']);
    const results = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(results.map(({ id, status }) => [id, status])).toEqual([
      ['scans/a.pdf', 'succeeded'],
      ['scans/b.txt', 'succeeded'],
    ]);
    const both = await cli(['start', '--files', 'scans', '--format', 'csv', '--template', 'files.json']);
    expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining('`--files` cannot be combined') });
  });

  it('names the files of an invalid document and of two equal ids', async () => {
    const folder = await tempDir();
    await writeFile(join(folder, 'a.jsonl'), '{"id":"same","text":"x"}\n');
    await writeFile(join(folder, 'b.jsonl'), '\n{"id":"same","text":"y"}\n');
    const failureOf = async (id: string) => {
      const job = await world.start({ id, input: { file: folder }, template: TEMPLATE });
      const error = await job.result().catch((error) => error);
      expect(error).toBeInstanceOf(JobFailedError);
      return error.reason;
    };
    const place = (name: string) => join(folder, name);
    expect(await failureOf('same-ids')).toBe(
      `Duplicate document id "same": ${place('a.jsonl')}:1 and ${place('b.jsonl')}:2.`,
    );
    await writeFile(place('b.jsonl'), '\n{"id":"other"}\n');
    expect(await failureOf('no-text')).toBe(
      `Document "other" (${place('b.jsonl')}:2): the field "text" is missing or null, and the template needs it.`,
    );
  });
});
