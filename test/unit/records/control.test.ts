import { expect, test } from 'vitest';
import type { Control } from '../../../src/job/control';
import { readControl, recordRequest } from '../../../src/records/control';
import { MemoryStore } from '../../support/memory-store';

const job = { id: 'a job', instance: 'i', store: 's' };
const granted = () => {};

test('a job without requests runs', async () => {
  expect(await readControl(new MemoryStore(), job)).toEqual({ requests: 0, paused: false, resumes: 0 });
});

test('the last request is in force, and all of them count', async () => {
  const store = new MemoryStore();
  await recordRequest(store, job, { kind: 'pause' }, granted);
  await recordRequest(store, job, { kind: 'raise budget', maxUsd: '3.00' }, granted);
  expect(await readControl(store, job)).toEqual({ requests: 2, paused: true, resumes: 0, maxUsd: '3.00' });
  await recordRequest(store, job, { kind: 'resume' }, granted);
  expect(await readControl(store, job)).toEqual({ requests: 3, paused: false, resumes: 1, maxUsd: '3.00' });
});

test('concurrent requests are all kept, and each is checked against the ones before it', async () => {
  const store = new MemoryStore();
  const judged: Control[] = [];
  const raise = (maxUsd: string) =>
    recordRequest(store, job, { kind: 'raise budget', maxUsd }, (control) => judged.push(control));
  const resumes = Array.from({ length: 8 }, () => recordRequest(store, job, { kind: 'resume' }, granted));
  await Promise.all([raise('1.00'), raise('2.00'), ...resumes]);
  expect(await readControl(store, job)).toMatchObject({ requests: 10, resumes: 8, paused: false });
  // The later of the two raises saw the earlier one.
  expect(judged.at(-1)!.maxUsd ?? judged.at(-2)!.maxUsd).toBeDefined();
});

test('a request that cannot be granted leaves no record', async () => {
  const store = new MemoryStore();
  const refuse = () => {
    throw new Error('no');
  };
  await expect(recordRequest(store, job, { kind: 'pause' }, refuse)).rejects.toThrow('no');
  expect(await readControl(store, job)).toMatchObject({ requests: 0, paused: false });
});
