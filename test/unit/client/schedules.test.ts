import type { Client } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import { Schedules } from '../../../src/client/schedules/schedules';
import { GRPC } from '../../../src/client/temporal/grpc';
import { MemoryStore } from '../../support/memory-store';

const OPTIONS = {
  id: 'nightly',
  input: '{date}.jsonl',
  every: '1h',
  spec: {
    template: {
      model: 'claude-haiku-5-5',
      max_tokens: 10,
      messages: [{ role: 'user' as const, content: '{{text}}' }],
    },
  },
};

/** An error in the form of gRPC. */
const refusal = (code: number) => Object.assign(new Error('no'), { code, details: 'no', metadata: {} });

async function recordsAfter(error: Error): Promise<number> {
  const store = new MemoryStore();
  const client = {
    options: { namespace: 'default' },
    connection: { operatorService: { listSearchAttributes: async () => ({}) } },
    schedule: { create: () => Promise.reject(error) },
  } as unknown as Client;
  const schedules = new Schedules(async () => ({ client, store, taskQueue: 'queue', warn: () => {} }));
  await expect(schedules.create(OPTIONS)).rejects.toThrow();
  let records = 0;
  for await (const _ of store.list('schedules/')) records += 1;
  return records;
}

describe("a schedule's record", () => {
  test('stays if the answer was lost, because the server may have created the schedule, whose firings read it', async () => {
    expect(await recordsAfter(refusal(GRPC.unavailable))).toBe(1);
  });

  test('is removed if the server refused the schedule', async () => {
    expect(await recordsAfter(refusal(GRPC.permissionDenied))).toBe(0);
  });
});
