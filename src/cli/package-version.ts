import { createRequire } from 'node:module';

/** The version of the installed package, by its own name: the sources and what is compiled of them lie at different depths. */
export function packageVersion(): string {
  return createRequire(__filename)('temporal-anthropic-batch/package.json').version;
}
