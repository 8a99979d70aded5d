import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { WorkflowNotFoundError } from '@temporalio/client';
import { expect, test } from 'vitest';
import type { Context } from '../../../src/client/context';
import { prune } from '../../../src/client/delete/prune';
import { keys } from '../../../src/records/keys';
import { FileStore } from '../../../src/store/file/file-store';
import { putJson } from '../../../src/store/json';
import { collect } from '../../support/job-checks';
import { tempDir } from '../../support/temp-dir';
import { writeJob } from './costed-jobs';

const DAY = 24 * 3_600_000;

test('a job that was reset and has ended again is as old as its newest summary', async () => {
  const store = new FileStore(await tempDir());
  await writeJob(store, { id: 'reset', summary: {}, written: new Date(Date.now() - 31 * DAY).toISOString() });
  const describe = async () => {
    throw new WorkflowNotFoundError('none', 'id', undefined);
  };
  const client = { workflow: { getHandle: () => ({ describe }) } };
  const context = { client, store, taskQueue: 'q', warn: () => {} } as unknown as Context;
  const old = async () =>
    (await collect(prune(context, { olderThan: '30d', dryRun: true }))).map(({ job }) => job);
  expect(await old()).toEqual(['reset']);

  const key = keys.summary({ id: 'reset', instance: 'first' }, 1);
  await putJson(store, key, {});
  expect(await old()).toEqual([]);
  const before = new Date(Date.now() - 31 * DAY);
  await utimes(join(store.location, key), before, before);
  expect(await old()).toEqual(['reset']);
});
