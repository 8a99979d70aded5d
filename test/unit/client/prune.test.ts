import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { WorkflowNotFoundError } from '@temporalio/client';
import { expect, test } from 'vitest';
import type { Context } from '../../../src/client/context';
import { prune } from '../../../src/client/delete/prune';
import type { JobRef } from '../../../src/job/job';
import { storeId } from '../../../src/records/identity';
import { keys } from '../../../src/records/keys';
import { isBeingDeleted } from '../../../src/records/removal';
import { claimRetry } from '../../../src/records/retries';
import { FileStore } from '../../../src/store/file/file-store';
import { putJson } from '../../../src/store/json';
import { collect } from '../../support/job-checks';
import { tempDir } from '../../support/temp-dir';
import { writeJob } from './costed-jobs';

const DAY = 24 * 3_600_000;

test('a job that is retried while it is pruned is kept', async () => {
  const store = new FileStore(await tempDir());
  const written = new Date(Date.now() - 31 * DAY).toISOString();
  const job: JobRef = { id: 'old', instance: 'first', store: await storeId(store) };
  await writeJob(store, { ...job, summary: {}, written });
  let checks = 0;
  const describe = async () => {
    checks += 1;
    // Both checks have read the state of the job at Temporal; the retry claims it then.
    if (checks === 3) {
      await writeJob(store, { id: 'again' });
      await claimRetry(store, job, 0, { id: 'again', instance: 'first' });
    }
    throw new WorkflowNotFoundError('none', 'id', undefined);
  };
  const client = { workflow: { getHandle: () => ({ describe }) } };
  const context = { client, store, taskQueue: 'q', warn: () => {} } as unknown as Context;
  const kept = expect.stringContaining('its retry "again" has not ended');
  expect(await collect(prune(context, { olderThan: '30d' }))).toMatchObject([{ job: 'old', kept }]);
  expect(await isBeingDeleted(store, job)).toBe(false);
});

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
