import { UsageError } from './exit';
import { readJsonFile } from './json-file';

/** How a document becomes a request, by the flags that say it. */
export async function requestOf({ template, builder }: { template?: string; builder?: string }) {
  if (template !== undefined && builder === undefined)
    return { template: await readJsonFile('template', template) };
  if (builder !== undefined && template === undefined) return { builder };
  throw new UsageError(
    'Give either --template FILE or --builder NAME: they say how a document becomes a request.',
  );
}
