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

describe('a schedule warns about its template', () => {
  const warningsOf = async (content: string) => {
    const warnings: string[] = [];
    const client = {
      options: { namespace: 'default' },
      connection: { operatorService: { listSearchAttributes: async () => ({}) } },
      schedule: {
        create: async () => {},
        getHandle: () => ({
          update: async () => {},
          describe: async () => ({
            action: { type: 'startWorkflow', workflowType: 'anthropicDocumentSet', args: [] },
            info: { nextActionTimes: [] },
          }),
        }),
      },
      workflowService: { listScheduleMatchingTimes: async () => ({ startTime: [] }) },
    } as unknown as Client;
    const context = {
      client,
      store: new MemoryStore(),
      taskQueue: 'queue',
      warn: (w: string) => warnings.push(w),
    };
    const template = { ...OPTIONS.spec.template, messages: [{ role: 'user' as const, content }] };
    await new Schedules(async () => context).create({ ...OPTIONS, spec: { template } });
    return warnings;
  };

  test('without a placeholder, and with a name in single braces', async () => {
    expect(await warningsOf('Sum up: {text}')).toEqual([
      expect.stringMatching(/has no placeholder/),
      'The template contains {text} in single braces. To insert a field, write {{text}}.',
    ]);
    expect(await warningsOf('{{title}}: {text}')).toEqual([
      expect.stringMatching(/\{text\} in single braces/),
    ]);
  });

  test('but not about JSON in it, or placeholders', async () => {
    expect(await warningsOf('Answer {{text}} like {"sum": 1}')).toEqual([]);
  });
});
