import type { RequestSpec } from '../job-spec/spec';
import { UsageError } from './exit';
import { readJsonFile } from './json-file';

/**
 * Returns the template or the builder from the flags. The check of the spec validates the template.
 *
 * @throws {UsageError} unless exactly one of the two is given.
 */
export async function requestOf({
  template,
  builder,
}: {
  template?: string;
  builder?: string;
}): Promise<RequestSpec> {
  if (template !== undefined && builder === undefined) {
    const read = await readJsonFile('template', template);
    return { template: read } as RequestSpec;
  }
  if (builder !== undefined && template === undefined) return { builder };
  throw new UsageError(
    'Give either --template FILE or --builder NAME, which defines how a document becomes a request.',
  );
}
