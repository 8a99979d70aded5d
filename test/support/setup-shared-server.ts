import type { TestProject } from 'vitest/node';
import { startDevServer } from '../../src/servers';
import { serverPath } from './setup';

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of the Temporal server that the tests share. */
    temporalAddress: string;
  }
}

/** Starts one Temporal server for the project. Its state is in memory: a file would double a job's time. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startDevServer({ executable: await serverPath('temporal') });
  project.provide('temporalAddress', server.address);
  return () => server.stop();
}
