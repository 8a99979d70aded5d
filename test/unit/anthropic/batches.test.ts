import Anthropic from '@anthropic-ai/sdk';
import { expect, test } from 'vitest';
import { batchesApi } from '../../../src/anthropic/batches';

const of = (options: ConstructorParameters<typeof Anthropic>[0]) =>
  batchesApi(new Anthropic({ baseURL: 'http://127.0.0.1:1', apiKey: 'key', ...options })).fingerprint;

test('a fingerprint tells address, key and workspace apart, and nothing about them', () => {
  const id = (workspace: string) => ({ defaultHeaders: { 'Anthropic-Workspace-Id': workspace } });
  const all = [
    of({}),
    of({ apiKey: 'other' }),
    of({ apiKey: null, authToken: 'key' }),
    of({ baseURL: 'http://127.0.0.1:2' }),
    of(id('one')),
    of(id('two')),
  ];
  expect(new Set(all).size).toBe(all.length);
  for (const each of all) expect(each).toMatch(/^[0-9a-f]{16}$/);
});

test('a fingerprint is the same for the same, however the headers are given and whatever else they say', () => {
  const header: [string, string] = ['anthropic-workspace-id', 'one'];
  const all = [
    of({ defaultHeaders: { 'ANTHROPIC-WORKSPACE-ID': 'one', 'x-other': '1' } }),
    of({ defaultHeaders: new Headers([header]) }),
    of({ defaultHeaders: [header, ['x-other', '2']] }),
  ];
  expect(new Set(all).size).toBe(1);
  expect(of({ defaultHeaders: { 'x-other': '1' }, timeout: 5 })).toBe(of({}));
});
