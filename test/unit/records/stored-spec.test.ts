import { expect, it } from 'vitest';
import { normalizeSpec } from '../../../src/job-spec/normalize';
import { keys } from '../../../src/records/keys';
import { readSpec, SpecVersionError, writeSpec } from '../../../src/records/stored-spec';
import { KeyExistsError, KeyNotFoundError } from '../../../src/store/store';
import { MemoryStore } from '../../support/memory-store';

const JOB = { id: 'a/b', instance: 'i' };
const SPEC = normalizeSpec({ builder: 'mine' }, { id: 'a/b', source: { kind: 'input', format: 'csv' } });

it('a stored spec is read back unchanged and is never overwritten', async () => {
  const store = new MemoryStore();
  await expect(readSpec(store, JOB)).rejects.toThrow(KeyNotFoundError);
  await writeSpec(store, JOB, SPEC);
  expect(await readSpec(store, JOB)).toEqual(SPEC);
  await expect(writeSpec(store, JOB, { ...SPEC, chunkSize: 1 })).rejects.toThrow(KeyExistsError);
  expect(await readSpec(store, JOB)).toEqual(SPEC);
});

it('a spec of a later version is refused', async () => {
  const store = new MemoryStore();
  await store.put(keys.spec(JOB), JSON.stringify({ ...SPEC, version: 2 }));
  await expect(readSpec(store, JOB)).rejects.toThrow(SpecVersionError);
  await expect(readSpec(store, JOB)).rejects.toThrow('has version 2; this release reads 1. Run workers');
});
