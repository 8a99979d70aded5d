import { isAbsolute } from 'node:path';
import type { DataConverter } from '@temporalio/common';
import { UsageError } from './exit';
import { loadModule } from './load-module';

/** The parts of a data converter that are paths of modules, which workers also load into the sandbox. */
const PATHS = ['payloadConverterPath', 'failureConverterPath'] as const;
const PARTS = [...PATHS, 'payloadCodecs', 'externalStorage'];

/**
 * Loads the data converter of a user's module: its `dataConverter` export, or its default export.
 *
 * @throws {UsageError} if the module cannot be loaded, or exports anything else.
 */
export async function loadDataConverter(name: string): Promise<DataConverter> {
  const loaded = await loadModule('data converter', name);
  const fallback = loaded.default as Record<string, unknown> | undefined;
  const found = loaded.dataConverter ?? fallback?.dataConverter ?? fallback;
  const problem = problemOf(found);
  if (problem === undefined) return found as DataConverter;
  throw new UsageError(
    `The data converter module ${name} ${problem}. Export \`dataConverter\`, an object with ` +
      '`payloadConverterPath`, `failureConverterPath` or `payloadCodecs`, as for a Temporal client.',
  );
}

/** Returns whether workers must bundle parts of the data converter with the workflows. */
export const isBundled = (converter: DataConverter | undefined): boolean =>
  PATHS.some((part) => converter?.[part] !== undefined);

function problemOf(found: unknown): string | undefined {
  if (typeof found !== 'object' || found === null) return 'exports no data converter';
  const parts = Object.keys(found);
  const unknown = parts.find((part) => !PARTS.includes(part));
  if (unknown !== undefined) return `exports a data converter with the unknown part "${unknown}"`;
  if (parts.length === 0) return 'exports an empty data converter';
  const { payloadCodecs = [], ...rest } = found as DataConverter;
  if (!Array.isArray(payloadCodecs) || !payloadCodecs.every(isCodec)) {
    return 'exports `payloadCodecs` that are not an array of objects with `encode` and `decode`';
  }
  for (const part of PATHS) {
    const path: unknown = rest[part];
    if (path === undefined) continue;
    if (typeof path !== 'string' || !isAbsolute(path)) {
      return `exports a \`${part}\` that is not an absolute path, such as require.resolve returns (got ${path})`;
    }
    try {
      require.resolve(path);
    } catch {
      return `exports a \`${part}\` at which there is no module (got ${path})`;
    }
  }
  return undefined;
}

const isCodec = (codec: unknown) =>
  ['encode', 'decode'].every(
    (name) => typeof (Object(codec) as Record<string, unknown>)[name] === 'function',
  );
