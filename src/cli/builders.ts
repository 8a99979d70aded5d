import { isAbsolute, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Builders } from '../job-spec/builder';
import { UsageError } from './exit';

/**
 * Loads the builders of a user's module, ESM or CommonJS: its `builders` export, else its default export
 * object, else its named function exports. A name is a file if it starts with a dot or a slash, is absolute,
 * or ends in `.js`, `.cjs` or `.mjs`. Else it is a package.
 */
export async function loadBuilders(name: string): Promise<Builders> {
  const isFile = /^\.{0,2}[/\\]/.test(name) || isAbsolute(name) || /\.[cm]?js$/.test(name);
  let loaded: Record<string, unknown>;
  try {
    loaded = await import(
      isFile ? pathToFileURL(resolve(name)).href : require.resolve(name, { paths: [process.cwd()] })
    );
  } catch (error) {
    throw new UsageError(
      `The builders module ${name} cannot be loaded: ${error instanceof Error ? error.message : error}`,
    );
  }
  const fallback = loaded.default as Record<string, unknown> | undefined;
  const found = loaded.builders ?? fallback?.builders ?? (typeof fallback === 'object' ? fallback : loaded);
  const builders = Object.entries(found as object).filter(([, value]) => typeof value === 'function');
  if (builders.length === 0) {
    throw new UsageError(
      `The builders module ${name} exports no function. ` +
        'Export at least one named function (document) => params.',
    );
  }
  return Object.fromEntries(builders) as Builders;
}
