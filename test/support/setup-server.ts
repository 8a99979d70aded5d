import type { TestProject } from 'vitest/node';
import { buildIfStale, serverPath } from './setup';

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the Temporal CLI. */
    temporalServer: string;
    /** Path of the S3 server. */
    versitygw: string;
  }
}

export default async function setup(project: TestProject): Promise<void> {
  await buildIfStale();
  project.provide('temporalServer', await serverPath('temporal'));
  project.provide('versitygw', await serverPath('versitygw'));
}
