import { createRequire } from 'node:module';

/**
 * Returns the package's version. Resolves the package by name, because sources and compiled files have
 * different depths.
 */
export function packageVersion(): string {
  return createRequire(__filename)('temporal-anthropic-batch/package.json').version;
}
