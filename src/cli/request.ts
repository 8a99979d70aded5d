import { UsageError } from './exit';
import { readJsonFile } from './json-file';

/**
 * Returns the template or the builder from the flags.
 *
 * @throws {UsageError} unless exactly one of the two is given.
 */
export async function requestOf({ template, builder }: { template?: string; builder?: string }) {
  if (template !== undefined && builder === undefined)
    return { template: await readJsonFile('template', template) };
  if (builder !== undefined && template === undefined) return { builder };
  throw new UsageError(
    'Give either --template FILE or --builder NAME, which defines how a document becomes a request.',
  );
}
