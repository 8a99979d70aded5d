import type { TestProject } from 'vitest/node';
import { buildIfStale, serverPath } from './setup';

export default async function setup(project: TestProject): Promise<void> {
  await buildIfStale();
  project.provide('temporalServer', await serverPath('temporal'));
}
