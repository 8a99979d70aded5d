import type { TestProject } from 'vitest/node';
import { buildIfStale, serverPath } from './setup';

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the time-skipping test server. */
    timeSkippingServer: string;
  }
}

export default async function setup(project: TestProject): Promise<void> {
  await buildIfStale();
  project.provide('timeSkippingServer', await serverPath('time-skipping'));
}
