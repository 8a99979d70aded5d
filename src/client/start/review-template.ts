import { readDocuments } from '../../input/documents';
import type { Entries } from '../../input/entry';
import type { Document } from '../../job-spec/builder';
import { isOwnRequests, ownRequestProblem } from '../../job-spec/own-requests';
import type { NormalizedSpec } from '../../job-spec/spec';
import { TemplateReview } from '../../job-spec/template-review';
import { InputError } from '../../job-spec/validation-errors';
import type { Store } from '../../store/store';
import { InputSourceError } from '../errors';

/** The number of documents that are looked at, the first ones. */
const SAMPLE = 100;

/**
 * Warns about what is allowed in a job's template and probably a mistake.
 *
 * @throws {InputSourceError} if documents are to be requests of their own, and the first one is none
 */
export async function reviewTemplate(
  { request, source, idField }: Pick<NormalizedSpec, 'request' | 'source' | 'idField'>,
  store: Pick<Store, 'head' | 'open'>,
  key: string,
  warn: (message: string) => void,
): Promise<void> {
  if (!('template' in request) || source.kind !== 'input') return;
  const review = new TemplateReview(request.template);
  let first = true;
  try {
    const documents = sample(readDocuments(store, key, { ...source, idField }));
    for await (const document of documents) {
      if (first && isOwnRequests(request.template)) assertRequest(document);
      first = false;
      review.see(document);
    }
  } catch (error) {
    // Planning reports it.
    if (!(error instanceof InputError)) throw error;
  }
  for (const warning of review.warnings) warn(warning);
}

function assertRequest(document: Document): void {
  const problem = ownRequestProblem(document);
  if (problem) {
    throw new InputSourceError(`The input's first document ${problem}. Nothing was started.`);
  }
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
