import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobHandle, JobSummary, Result } from 'temporal-anthropic-batch/client';
import { answer, type Simulator } from 'temporal-anthropic-batch/simulator';
import { expect } from 'vitest';
import type { JobWorld, TestDocument } from './job-world';
import { paramsOf } from './template';

/**
 * The simulator's answer, without its id, which depends on the batch. Everything else follows from the
 * request.
 */
type Message = ReturnType<typeof answer>;

export async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

const without = <T extends object, K extends keyof T>(value: T, key: K): Omit<T, K> => {
  const { [key]: _, ...rest } = value;
  return rest;
};

/**
 * Checks that every document has one result, in input order, and that the summary's counts match the results.
 */
export async function checkedResults(
  job: Pick<JobHandle, 'results'>,
  summary: JobSummary,
  expected: readonly Pick<TestDocument, 'id'>[],
): Promise<Result<string, Message>[]> {
  const results = (await collect(job.results())) as Result<string, Message>[];
  expect(results.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
  const counts = { succeeded: 0, errored: 0, expired: 0, canceled: 0, not_sent: 0 };
  for (const { status } of results) counts[status] += 1;
  expect(summary.counts).toEqual(counts);
  expect(summary.documents).toBe(expected.length);
  expect(summary.succeeded).toBe(counts.succeeded);
  expect(summary.failed).toBe(expected.length - counts.succeeded);
  return results;
}

/** Checks a job that succeeded: every document has the answer to its text. */
export async function expectAllAnswered(
  job: Pick<JobHandle, 'results'>,
  summary: JobSummary,
  expected: readonly TestDocument[],
): Promise<Result<string, Message>[]> {
  const results = await checkedResults(job, summary, expected);
  expect(summary.state).toBe('completed');
  expect(summary.succeeded).toBe(expected.length);
  for (const [index, { status, message }] of results.entries()) {
    const { text } = expected[index]!;
    if (status !== 'succeeded') throw new Error(`${expected[index]!.id} is ${status}`);
    expect(without(message, 'id')).toEqual(without(answer(paramsOf(text)), 'id'));
  }
  return results;
}

/** Checks that nothing was paid for twice, and that the results contain everything that was paid for. */
export async function expectBilledOnce(
  simulator: Pick<Simulator, 'books'>,
  summary: Pick<JobSummary, 'succeeded'>,
): Promise<void> {
  const { billed } = await simulator.books();
  expect({ repeated: billed.repeated, requests: billed.requests }).toEqual({
    repeated: 0,
    requests: summary.succeeded,
  });
}

/** Returns how often each text was sent to the simulator, over all batches. */
export async function timesSent(simulator: Simulator): Promise<Map<string, number>> {
  const times = new Map<string, number>();
  for (const text of await sentTexts(simulator)) times.set(text, (times.get(text) ?? 0) + 1);
  return times;
}

/**
 * Returns the ledger's decision and outcome of each attempt of a round, oldest first: `commit created`,
 * `overtaken -`.
 */
export async function attempts(store: string, { chunk = 0, round = 0 } = {}): Promise<string[]> {
  const suffix = join(
    'chunks',
    String(chunk).padStart(6, '0'),
    'rounds',
    String(round).padStart(2, '0'),
    'attempts',
  );
  const entries = await readdir(join(store, 'jobs'), { recursive: true });
  const folder = entries.find((entry) => entry.endsWith(suffix));
  if (folder === undefined) return [];
  const names = (await readdir(join(store, 'jobs', folder))).sort();
  const word = async (name: string, entry: 'decision' | 'outcome') => {
    try {
      return JSON.parse(await readFile(join(store, 'jobs', folder, name, `${entry}.json`), 'utf8'))[entry];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '-';
      throw error;
    }
  };
  return Promise.all(
    names.map(async (name) => `${await word(name, 'decision')} ${await word(name, 'outcome')}`),
  );
}

/** Returns the texts that were sent to the simulator, batch by batch, oldest first. */
export async function sentTexts(simulator: Simulator): Promise<string[]> {
  const texts: string[] = [];
  for (const { id } of (await simulator.batches()).reverse()) {
    for await (const { params } of simulator.requests(id)) texts.push(params.messages[0]!.content as string);
  }
  return texts;
}

/** Returns a workflow's current details in the Temporal UI, in Markdown. */
export async function details({ client }: Pick<JobWorld, 'client'>, workflowId: string): Promise<string> {
  const metadata = await client.workflow
    .getHandle(workflowId)
    .query<{ currentDetails: string }>('__temporal_workflow_metadata');
  return metadata.currentDetails;
}
