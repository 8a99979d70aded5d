import type { JobOptions } from '../../job-spec/spec';
import { OptionError, quoted } from '../errors';
import type { JobHandle } from '../handle';
import type { Result, StartOptions, StartSettings } from '../types';

/** Params of a Messages API request, without `stream`. */
export type RequestParams = object;

/** Requests for `execute`: a list with ids, or params keyed by id. */
export type Requests =
  | readonly { readonly id: string; readonly params: RequestParams }[]
  | { readonly [id: string]: RequestParams };

type IdOf<R extends Requests> = R extends readonly { readonly id: infer Id extends string }[]
  ? Id
  : keyof R & string;

/** A result for each id of the requests. */
export type ResultsOf<R extends Requests> = {
  [Id in IdOf<R>]: Result<Id>;
};

export interface ExecuteOptions extends Omit<JobOptions, 'idField'>, Omit<StartSettings, 'input'> {
  /** Ends the waiting; the job goes on. */
  signal?: AbortSignal;
}

export async function execute<R extends Requests>(
  start: (options: StartOptions) => Promise<JobHandle>,
  requests: R,
  { signal, ...options }: ExecuteOptions = {},
): Promise<ResultsOf<R>> {
  const documents = asDocuments(requests);
  // Without a prototype, so that no id is taken for a method's name.
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
        `Request ${index + 1} has no id: each request is {id: "…", params: {…}}. Nothing was sent.`,
      );
    }
    if (params === null || typeof params !== 'object') {
      throw new OptionError(
        `The request ${quoted(id)} has no params: give a Messages API call's. Nothing was sent.`,
      );
    }
    if (seen.has(id)) throw new OptionError(`Two requests have the id ${quoted(id)}. Nothing was sent.`);
    seen.add(id);
  }
  return documents;
}

const isList = (requests: Requests): requests is Extract<Requests, readonly unknown[]> =>
  Array.isArray(requests);
