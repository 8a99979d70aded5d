import { existsSync } from 'node:fs';
import type { BundleOptions, WorkerOptions } from '@temporalio/worker';
import { describe, expect, test, vi } from 'vitest';
import { type ActivityDeps, createActivities } from '../../../activities';
import { AnthropicBatchPlugin, type AnthropicBatchPluginOptions } from '../../../src/plugin';
import { MemoryStore } from '../../support/memory-store';

// The plugin resolves the workflows through Node. In the package they are JavaScript; here Node must resolve
// `.ts` too.
vi.hoisted(() => {
  require.extensions['.ts'] = require.extensions['.js'];
});

const plugin = (options: Partial<AnthropicBatchPluginOptions> = {}) =>
  new AnthropicBatchPlugin({ store: new MemoryStore(), ...options });

const worker = (options: Partial<WorkerOptions> = {}): WorkerOptions => ({ taskQueue: 'q', ...options });

test.each(['', 'gs://bucket', 's3://'])('refuses the store %j in its constructor', (store) => {
  expect(() => plugin({ store })).toThrow(/s3:\/\/bucket\/prefix/);
  expect(() => plugin({ inputs: store })).toThrow(/s3:\/\/bucket\/prefix/);
});

describe('a worker with the plugin', () => {
  test('has our workflows if it has none of its own', () => {
    const { workflowsPath } = plugin().configureWorker(worker());
    expect(workflowsPath && existsSync(workflowsPath)).toBe(true);
  });

  test('keeps its own workflows', () => {
    expect(plugin().configureWorker(worker({ workflowsPath: '/own.js' })).workflowsPath).toBe('/own.js');
  });

  test('keeps its bundle, without a path that would cause a warning', () => {
    const configured = plugin().configureWorker(worker({ workflowBundle: { code: '' } }));
    expect(configured.workflowBundle).toEqual({ code: '' });
    expect(configured.workflowsPath).toBeUndefined();
  });

  test('has no workflows when it is for activities only', () => {
    const activitiesOnly = plugin({ workflows: false });
    expect(activitiesOnly.configureWorker(worker()).workflowsPath).toBeUndefined();
    expect(activitiesOnly.configureWorker(worker({ workflowsPath: '/own.js' })).workflowsPath).toBe(
      '/own.js',
    );
  });

  test('has its own activities beside ours, whose names all begin with anthropic', () => {
    const own = async () => undefined;
    const { activities } = plugin().configureWorker(worker({ activities: { own } }));
    const { own: kept, ...ours } = activities as Record<string, unknown>;
    expect(kept).toBe(own);
    expect(Object.keys(ours)).toEqual(Object.keys(createActivities({} as ActivityDeps)));
    expect(Object.keys(ours).every((name) => name.startsWith('anthropic'))).toBe(true);
  });
});

describe('the bundler with the plugin', () => {
  test('bundles our workflows or those of the user, also when called twice', () => {
    const ours = plugin();
    const none = {} as BundleOptions;
    const once = ours.configureBundler(none);
    expect(existsSync(once.workflowsPath)).toBe(true);
    expect(ours.configureBundler(once)).toEqual(once);
    const own = ours.configureBundler({ workflowsPath: '/own.js' });
    expect(own.workflowsPath).toBe('/own.js');
    expect(ours.configureBundler(own).workflowsPath).toBe('/own.js');
  });
});

describe('the constructor of the plugin', () => {
  test('reads no key and opens no store; the job reports problems with them', () => {
    expect(() => plugin({ store: 's3://no-such-bucket/x' })).not.toThrow();
  });

  test.each(['soon', -1, '10 parsecs'])('refuses a grace of %s', (submitGrace) => {
    expect(() => plugin({ submitGrace })).toThrow(/submitGrace/);
  });

  test.each(['never', '45s', 60_000] as const)('takes a grace of %s', (submitGrace) => {
    expect(() => plugin({ submitGrace })).not.toThrow();
  });
});
