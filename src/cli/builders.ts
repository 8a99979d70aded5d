import { isAbsolute, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Builders } from '../job-spec/builder';
import { UsageError } from './exit';

/**
 * The builders of a user's module, ESM or CommonJS: its `builders` export, else the object it exports as default, else the
 * functions it exports by name. A name that begins with a dot or a slash is a file, below the current folder.
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
      `The builders ${name} cannot be loaded: ${error instanceof Error ? error.message : error}`,
    );
  }
  const fallback = loaded.default as Record<string, unknown> | undefined;
  const found = loaded.builders ?? fallback?.builders ?? (typeof fallback === 'object' ? fallback : loaded);
  const builders = Object.entries(found as object).filter(([, value]) => typeof value === 'function');
  if (builders.length === 0) {
    throw new UsageError(
      `The builders ${name} export no function: export (document) => params under a name.`,
    );
  }
  return Object.fromEntries(builders) as Builders;
}
