import type { RequestParams } from '../../job-spec/params/types';
import type { JobOptions } from '../../job-spec/spec';
import { OptionError, quoted } from '../errors';
import type { JobHandle } from '../handle';
import type { Result, StartOptions, StartSettings } from '../types';

/** The requests of `execute`: a list with ids, or params keyed by id. */
export type Requests =
  | readonly { readonly id: string; readonly params: RequestParams }[]
  | { readonly [id: string]: RequestParams };

/** One result for each id of the requests. */
export type ResultsOf<R extends Requests> = {
  [Id in R extends readonly { readonly id: infer Listed extends string }[]
    ? Listed
    : keyof R & string]: Result<Id>;
};

/** The options of `BatchClient.execute`. */
export interface ExecuteOptions extends Omit<JobOptions, 'idField'>, Omit<StartSettings, 'input'> {
  /** A signal that ends the waiting. The job continues. */
  signal?: AbortSignal;
}

/** Sends requests as one job, waits for it and returns the results by id. */
export async function execute<R extends Requests>(
  start: (options: StartOptions) => Promise<JobHandle>,
  requests: R,
  { signal, ...options }: ExecuteOptions = {},
): Promise<ResultsOf<R>> {
  const documents = asDocuments(requests);
  // Without a prototype, so that an id such as `toString` is not inherited.
  const results = Object.create(null) as Record<string, Result<string>>;
  if (documents.length > 0) {
    const job = await start({ ...options, input: { documents }, template: '{{params}}' });
    await job.result({ signal });
    for await (const result of job.results()) results[result.id] = result;
  }
  return results as ResultsOf<R>;
}

function asDocuments(requests: Requests): { id: string; params: RequestParams }[] {
  const documents = isList(requests)
    ? requests.map(({ id, params }) => ({ id, params }))
    : Object.entries(requests).map(([id, params]) => ({ id, params }));
  const seen = new Set<string>();
  for (const [index, { id, params }] of documents.entries()) {
    if (typeof id !== 'string' || id === '') {
      throw new OptionError(
        `Request ${index + 1} has no id. Each request must be {id: "…", params: {…}}. Nothing was sent.`,
      );
    }
    if (params === null || typeof params !== 'object') {
      throw new OptionError(
        `The request ${quoted(id)} has no params. Give the params of a Messages API call. Nothing was sent.`,
      );
    }
    if (seen.has(id)) {
      throw new OptionError(`Two requests have the id ${quoted(id)}. Ids must be unique. Nothing was sent.`);
    }
    seen.add(id);
  }
  return documents;
}

const isList = (requests: Requests): requests is Extract<Requests, readonly unknown[]> =>
  Array.isArray(requests);
