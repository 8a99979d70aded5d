import { readDocuments } from '../../input/documents';
import type { Entries } from '../../input/entry';
import type { Document } from '../../job-spec/builder';
import type { NormalizedSpec } from '../../job-spec/spec';
import { TemplateReview } from '../../job-spec/template-review';
import { InputError } from '../../job-spec/validation-errors';
import type { Store } from '../../store/store';

/** The number of documents that are looked at, the first ones. */
const SAMPLE = 100;

/** Warns about what is allowed in a job's template and probably a mistake. */
export async function warnOfTemplate(
  { request, source, idField }: Pick<NormalizedSpec, 'request' | 'source' | 'idField'>,
  store: Pick<Store, 'head' | 'open'>,
  key: string,
  warn: (message: string) => void,
): Promise<void> {
  if (!('template' in request) || source.kind !== 'input') return;
  const review = new TemplateReview(request.template);
  try {
    const documents = sample(readDocuments(store, key, { ...source, idField }));
    for await (const document of documents) review.see(document);
  } catch (error) {
    // Planning reports it.
    if (!(error instanceof InputError)) throw error;
  }
  for (const warning of review.warnings) warn(warning);
}

async function* sample(entries: Entries): AsyncGenerator<Document> {
  let seen = 0;
  for await (const batch of entries) {
    for (const { document } of batch) {
      yield document;
      if (++seen === SAMPLE) return;
    }
  }
}
