import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { run } from '../../../src/cli/program';
import type { Context } from '../../../src/client/context';
import { costs } from '../../../src/client/costs/costs';
import { prune } from '../../../src/client/delete/prune';
import { reconcile } from '../../../src/client/temporal/reconcile';
import { keys } from '../../../src/records/keys';
import { FileStore } from '../../../src/store/file/file-store';
import { tempDir } from '../../support/temp-dir';
import { storeOfJobs, writeJob } from './costed-jobs';

let dir: string;
let store: FileStore;

beforeEach(async () => {
  dir = await tempDir();
  store = new FileStore(dir);
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const damage = (key: string, text: string) => writeFile(join(dir, key), text);
const of = (id: string) => ({ id, instance: 'first' });

/** Damage as from a bad block, another tool's full disk, or an editor. */
const DAMAGES = [
  '',
  '{"state":"comp',
  'null',
  '[]',
  '"x"',
  '{}',
  '{"cost":{}}',
  '{"counts":null,"cost":{"models":{"m":{}}}}',
];

describe('a store with one damaged file', () => {
  test.each(DAMAGES)('still reports the costs of all other jobs if a summary is %j', async (text) => {
    await storeOfJobs(dir);
    const before = await costs(store, {});
    expect(before.damaged).toEqual([]);
    await writeJob(store, { id: 'broken', summary: {} });
    const key = keys.summary(of('broken'));
    await damage(key, text);
    expect(await costs(store, {})).toEqual({ ...before, damaged: [key] });
  });

  test.each(['', '{"id":"bro', 'null', '{}', '{"id":5}'])(
    'still reports the costs of all other jobs if a spec is %j',
    async (text) => {
      await storeOfJobs(dir);
      const before = await costs(store, {});
      await writeJob(store, { id: 'broken', summary: {} });
      const key = keys.spec(of('broken'));
      await damage(key, text);
      expect(await costs(store, {})).toEqual({ ...before, damaged: [key] });
    },
  );

  test('names the file on the command line, without a stack trace', async () => {
    vi.stubEnv('TEMPORAL_ADDRESS', '127.0.0.1:1');
    await storeOfJobs(dir);
    await writeJob(store, { id: 'broken', summary: {} });
    await damage(keys.summary(of('broken')), '{"state"');
    const said: string[] = [];
    const printed: string[] = [];
    vi.spyOn(process.stderr, 'write').mockImplementation((data) => said.push(String(data)) > 0);
    vi.spyOn(process.stdout, 'write').mockImplementation((data) => printed.push(String(data)) > 0);
    expect(await run(['costs', '--store', dir])).toBe(0);
    expect(printed.join('')).toMatch(/\ntotal +4 +11 /);
    expect(said.join('')).toContain(
      `Warning: ${keys.summary(of('broken'))} is damaged, so its job is not counted.`,
    );
    expect(await run(['status', 'broken', '--store', dir])).toBe(1);
    const last = said.slice(-2).join('');
    expect(last).toContain(
      `The key ${keys.summary(of('broken'))} in the store ${dir} is damaged: it is not JSON.`,
    );
    expect(last).not.toContain('    at ');
  });

  /** A Temporal server without jobs. */
  const context = () => {
    const warned: string[] = [];
    const nothing = async function* () {};
    const describe = async () => {
      const { WorkflowNotFoundError } = await import('@temporalio/client');
      throw new WorkflowNotFoundError('none', 'id', undefined);
    };
    const client = { workflow: { getHandle: () => ({ describe }), list: nothing } };
    return {
      warned,
      context: {
        client,
        store,
        taskQueue: 'q',
        warn: (text: string) => warned.push(text),
      } as unknown as Context,
    };
  };

  async function threeJobs() {
    const written = '2020-01-01T00:00:00Z';
    for (const id of ['a-spec', 'b-summary', 'c-whole']) await writeJob(store, { id, summary: {}, written });
    await damage(keys.spec(of('a-spec')), '{');
    await damage(keys.summary(of('b-summary')), '{');
  }

  test('can be pruned; a job whose age is unknown is kept', async () => {
    await threeJobs();
    const { utimes } = await import('node:fs/promises');
    await utimes(join(dir, keys.summary(of('b-summary'))), new Date(0), new Date(0));
    const { warned, context: given } = context();
    const pruned = [];
    for await (const { job, kept } of prune(given, { olderThan: '1d' })) pruned.push([job, kept]);
    expect(pruned).toEqual([
      ['b-summary', `${keys.summary(of('b-summary'))} is damaged`],
      ['c-whole', undefined],
    ]);
    expect(warned).toEqual([expect.stringContaining(keys.spec(of('a-spec')))]);
  });

  test('can be reconciled, with a warning for each job that is left out', async () => {
    await threeJobs();
    const { warned, context: given } = context();
    expect(await reconcile(given, {})).toEqual([]);
    expect(warned).toEqual([
      expect.stringContaining(keys.spec(of('a-spec'))),
      expect.stringContaining(keys.summary(of('b-summary'))),
    ]);
  });
});
