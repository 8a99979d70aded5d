import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import Anthropic from '@anthropic-ai/sdk';
import type { FlatResult, InputSource, JobSummary, StartOptions } from 'temporal-anthropic-batch/client';
import { expect, test } from 'vitest';
import { parseUsd, usdString } from '../../src/cost/prices/usd';
import { runCli } from '../support/cli';
import { duckdb } from '../support/duckdb';
import { collect } from '../support/job-checks';
import { documents, type JobWorld, workingWorld } from '../support/job-world';
import { codeBlocks } from '../support/readme';
import { root } from '../support/root';
import { tempDir } from '../support/temp-dir';
import { paramsOf, TEMPLATE } from '../support/template';

const LABELS = {
  ...TEMPLATE,
  output_config: {
    format: {
      type: 'json_schema' as const,
      schema: {
        type: 'object',
        properties: { label: { enum: ['bug'] }, parts: { type: 'array', items: { type: 'string' } } },
      },
    },
  },
};

/** What the rows cost together. */
const sumOf = (rows: readonly FlatResult[]) =>
  usdString(rows.reduce((sum, { cost_usd }) => sum + parseUsd(cost_usd ?? '0')!, 0n));

const paidFor = (summary: JobSummary) => summary.cost?.paid;

async function ended(world: JobWorld, options: Partial<StartOptions> & Pick<StartOptions, 'input'>) {
  const job = await world.start({ chunkSize: 4, ...options } as never);
  return { job, summary: await job.result() };
}

test.concurrent('the rows of a job cost together what its summary says, in batches, live, and again in a retry', async () => {
  const world = await workingWorld();
  const input = [
    ...documents(5),
    { id: 'refused', text: 'x[[sim:errored:invalid_request_error]]' },
    { id: 'later', text: 'y[[sim:errored:api_error:times=1]]' },
    { id: 'cut', text: 'z[[sim:max_tokens]]' },
    // Equal requests in the same chunk, and in another one.
    { id: 'equal-1', text: 'Document 8' },
    { id: 'equal-2', text: 'Document 8' },
    { id: 'equal-3', text: 'Document 0' },
  ];
  const { job, summary } = await ended(world, { input: { documents: input } });
  expect(summary).toMatchObject({ succeeded: 10, failed: 1, equal: 2 });
  const rows = await collect(job.flatResults());
  expect(rows.map(({ id }) => id)).toEqual(input.map(({ id }) => id));
  expect(sumOf(rows)).toBe(paidFor(summary));
  const costs = new Map(rows.map(({ id, cost_usd }) => [id, cost_usd]));
  expect(costs.get('equal-2')).toBe('0.00');
  expect(costs.get('equal-3')).toBe('0.00');
  expect(costs.get('refused')).toBe('0.00');
  expect(Number(costs.get('later'))).toBeGreaterThan(0);

  const live = await ended(world, { input: { documents: input.slice(0, 5) }, liveBelow: 100 });
  expect(live.summary).toMatchObject({ succeeded: 5, live: 5 });
  const called = await collect(live.job.flatResults());
  expect(sumOf(called)).toBe(paidFor(live.summary));
  // Without the batch's discount.
  expect(Number(called[0]?.cost_usd)).toBe(2 * Number(rows[0]?.cost_usd));

  const reused = await ended(world, { input: { documents: input.slice(0, 6) }, reuse: true });
  expect(reused.summary).toMatchObject({ reused: 5 });
  expect(sumOf(await collect(reused.job.flatResults()))).toBe(paidFor(reused.summary));

  const retry = await world.batches.retry(job.id, { pollFloor: '1s' });
  const retried = await retry.result();
  const again = await collect(retry.flatResults({ include: { question: 'text' } }));
  expect(again).toMatchObject([{ id: 'refused', question: input[5]?.text, cost_usd: '0.00' }]);
  expect(sumOf(again)).toBe(paidFor(retried));
  await world.batches.delete(retry.id);
  const second = await world.batches.retry(job.id, { pollFloor: '1s' });
  await second.result();
  await world.batches.delete(job.id);
  await expect(collect(second.flatResults({ include: { text: 'text' } }))).rejects.toThrow(/column "text"/);
  await expect(collect(second.flatResults({ include: { question: 'text' } }))).rejects.toThrow(
    new RegExp(`the input of the job ${job.id} is no longer in the store`),
  );
});

test.concurrent('the rows of an adopted batch cost what its job says, at prices of your own, and have no input', async () => {
  const world = await workingWorld();
  const client = new Anthropic({ baseURL: world.simulator.url, apiKey: 'test-key' });
  const requests = ['two', 'one'].map((id) => ({ custom_id: id, params: paramsOf(id) }));
  const { id } = await client.messages.batches.create({ requests });
  const price = { input: '300', output: '700', cacheWrite5m: '1', cacheWrite1h: '1', cacheRead: '1' };
  const prices = { [TEMPLATE.model]: price };
  const job = await world.batches.adopt(id, { pollFloor: '1s', prices });
  const summary = await job.result();
  const rows = await collect(job.flatResults());
  expect(rows.map((row) => row.id)).toEqual(['one', 'two']);
  expect(sumOf(rows)).toBe(paidFor(summary));
  for (const { input_tokens, output_tokens, cost_usd } of rows)
    expect(Number(cost_usd)).toBeCloseTo(
      (Number(input_tokens) * 150 + Number(output_tokens) * 350) / 1e6,
      12,
    );
  await expect(collect(job.flatResults({ include: { question: 'text' } }))).rejects.toThrow(
    /batch of another tool, and has no input/,
  );
});

test.concurrent('the cost of a model without a price is not known', async () => {
  const world = await workingWorld();
  const template = { ...TEMPLATE, model: 'claude-next' };
  const { job } = await ended(world, { input: { documents: documents(1) }, template } as never);
  expect(await collect(job.flatResults())).toMatchObject([
    { status: 'succeeded', model: 'claude-next', output_tokens: expect.any(Number), cost_usd: null },
  ]);
});

test.concurrent('input fields are found in every kind of input: another delimiter, several files, a sample, a folder', async () => {
  const world = await workingWorld();
  const dir = await tempDir();
  const put = async (name: string, text: string | Uint8Array) => {
    await writeFile(join(dir, name), text);
    return join(dir, name);
  };
  const semicolons = await put('semicolons.csv', 'id;text;topic\n1;"a;b";x\n\n2;"c\nd";y\n3;e;z\n');
  const objects = (from: string) =>
    ['p', 'q', 'r'].map((id) => ({ id: `${from}-${id}`, text: `t ${from} ${id}`, topic: `${from}${id}` }));
  const array = await put('array.json', JSON.stringify(objects('array')));
  const failing = [
    ...objects('last'),
    { id: 'bad', text: '[[sim:errored:invalid_request_error]]', topic: 'no' },
  ];
  const lines = failing.map((one) => `${JSON.stringify(one)}\n`).join('');
  const packed = await put('packed.jsonl.gz', gzipSync(lines));
  const ids = Array.from({ length: 40 }, (_, i) => i);
  const many = await put('many.csv', `id,text,topic\n${ids.map((i) => `${i},m ${i},t${i}\n`).join('')}`);
  const note = await put('note.txt', 'A note.');
  const memo = await put('memo.txt', 'A memo.');

  const topics = async (input: InputSource, topic = 'topic', idField?: string) => {
    const { job, summary } = await ended(world, { input, idField });
    const rows = await collect(job.flatResults({ include: { topic } }));
    expect(rows).toHaveLength(summary.documents);
    return { job, rows: rows.map((row) => [row.id, row.topic]) };
  };
  const ofArray = objects('array').map(({ id, topic }) => [id, topic]);
  const ofPacked = failing.map(({ id, topic }) => [id, topic]);

  const [delimited, both, sampled, limited, files] = await Promise.all([
    topics({ file: semicolons, delimiter: ';' }),
    topics({ file: [array, packed] }),
    topics({ file: many, sample: 7 }),
    topics({ file: array, limit: 2 }),
    topics({ files: [note, memo] }, 'name'),
  ]);
  expect(delimited.rows).toEqual([
    ['1', 'x'],
    ['2', 'y'],
    ['3', 'z'],
  ]);
  expect(both.rows).toEqual([...ofArray, ...ofPacked]);
  expect(sampled.rows).toHaveLength(7);
  for (const [id, topic] of sampled.rows) expect(topic).toBe(`t${id}`);
  expect(limited.rows).toEqual(ofArray.slice(0, 2));
  expect(files.rows.map(([, name]) => name).sort()).toEqual(['memo.txt', 'note.txt']);

  const retry = await world.batches.retry(both.job.id, { pollFloor: '1s' });
  await retry.result();
  const again = await collect(retry.flatResults({ include: { topic: 'topic' } }));
  expect(again).toMatchObject([{ id: 'bad', topic: 'no' }]);
});

test.concurrent('results with selected answers and input fields load into DuckDB as the documents show', async () => {
  const world = await workingWorld();
  const dir = await tempDir();
  const file = join(dir, 'docs.csv');
  const csv = Array.from({ length: 10 }, (_, i) => `r-${i},"=text, ${i}",${i % 2 === 0 ? 'new' : 'old'}\n`);
  await writeFile(file, `id,text,category\n${csv.join('')}`);
  const { job, summary } = await ended(world, { input: { file }, template: LABELS } as never);
  expect(summary).toMatchObject({ succeeded: 10, chunks: 3 });
  const cli = (...args: string[]) =>
    runCli(['results', job.id, '--store', world.store, ...args], { env: world.server.env, cwd: dir });
  const columns = ['--select', 'label=$.label', '--include', 'category,question=text'];
  for (const format of ['jsonl', 'csv', 'parquet']) {
    const out = await cli('--flat', '--format', format, ...columns, '--out', `results.${format}`);
    expect(out).toMatchObject({ code: 0, stderr: `10 results in results.${format}.\n` });
    const rows = await duckdb(
      dir,
      `SELECT id, label, category, question, answer->>'$.label' AS answered, output_tokens > 0 AS paid,
        typeof(cost_usd) AS type FROM 'results.${format}'`,
    );
    expect(rows).toHaveLength(10);
    expect(rows[1]).toEqual({
      id: 'r-1',
      label: 'bug',
      category: 'old',
      // A cell that starts a formula is marked as text.
      question: format === 'csv' ? "'=text, 1" : '=text, 1',
      answered: 'bug',
      paid: true,
      type: format === 'parquet' ? 'DECIMAL(18,12)' : 'DOUBLE',
    });
  }
  const [total] = await duckdb(dir, "SELECT sum(cost_usd)::VARCHAR AS usd FROM 'results.parquet'");
  expect(Number(total?.usd)).toBe(Number(paidFor(summary)));

  const queries = codeBlocks(await readFile(join(root, 'docs', 'results.md'), 'utf8')).filter(
    ({ language }) => language === 'sql',
  );
  expect(queries.length).toBeGreaterThan(0);
  for (const { code } of queries) expect(await duckdb(dir, code)).not.toEqual([]);

  const limited = await cli('--flat', '--limit', '2');
  expect(
    limited.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).id),
  ).toEqual(['r-0', 'r-1']);
  expect((await cli('--limit', '1')).stdout.trim().split('\n')).toHaveLength(1);
});
