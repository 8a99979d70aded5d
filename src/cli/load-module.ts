import { isAbsolute, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UsageError } from './exit';

/**
 * Loads a user's module, ESM or CommonJS. A name is a file if it starts with a dot or a slash, is absolute,
 * or ends in `.js`, `.cjs` or `.mjs`. Else it is a package.
 *
 * @param what what the module is for, for the message
 * @throws {UsageError} if it cannot be loaded.
 */
export async function loadModule(what: string, name: string): Promise<Record<string, unknown>> {
  const isFile = /^\.{0,2}[/\\]/.test(name) || isAbsolute(name) || /\.[cm]?js$/.test(name);
  try {
    return await import(
      isFile ? pathToFileURL(resolve(name)).href : require.resolve(name, { paths: [process.cwd()] })
    );
  } catch (error) {
    throw new UsageError(
      `The ${what} module ${name} cannot be loaded: ${error instanceof Error ? error.message : error}`,
    );
  }
}
