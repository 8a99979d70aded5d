import { OWN_REQUESTS } from '../job-spec/own-requests';
import type { JobOptions, RequestSpec } from '../job-spec/spec';
import { UsageError } from './exit';
import { readJsonFile } from './json-file';

/**
 * Returns the template or the builder from the flags. Without them, documents are requests: `{custom_id,
 * params}`. The check of the spec validates the template.
 *
 * @throws {UsageError} if both are given.
 */
export async function requestOf({
  template,
  builder,
}: {
  template?: string;
  builder?: string;
}): Promise<RequestSpec & Pick<JobOptions, 'idField'>> {
  if (template !== undefined && builder !== undefined) {
    throw new UsageError(
      'Give --template FILE or --builder NAME, not both: it defines how a document becomes a request.',
    );
  }
  if (builder !== undefined) return { builder };
  if (template === undefined) return OWN_REQUESTS;
  return { template: await readJsonFile('template', template) } as RequestSpec;
}
