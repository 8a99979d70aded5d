import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findStoredJob } from '../../../src/client/find-stored-job';
import { keys } from '../../../src/records/keys';
import { storedJobs } from '../../../src/records/stored-jobs';
import { FileStore } from '../../../src/store/file/file-store';
import { folded, ODD_IDS } from '../../support/odd-ids';
import { tempDir } from '../../support/temp-dir';

test('jobs with unusual ids are kept apart in a folder, also in one that folds case and Unicode', async () => {
  const dir = await tempDir();
  const store = new FileStore(dir);
  for (const [index, id] of ODD_IDS.entries()) {
    await store.put(
      keys.spec({ id, instance: `i${index}` }),
      JSON.stringify({ id, source: { kind: 'input' } }),
    );
  }
  for (const [index, id] of ODD_IDS.entries()) {
    expect(await findStoredJob(store, id)).toMatchObject({ id, instance: `i${index}` });
  }
  const found: string[] = [];
  for await (const { job } of storedJobs(store)) found.push(job.id);
  expect(found.sort()).toEqual([...ODD_IDS].sort());

  const names = await readdir(join(dir, 'jobs'));
  expect(new Set(names.map(folded)).size).toBe(ODD_IDS.length);
});
