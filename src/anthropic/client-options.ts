import type Anthropic from '@anthropic-ai/sdk';
import { failOnSilence, MOST_SILENT } from './silent-body';

type CallOptions = NonNullable<Parameters<Anthropic['messages']['batches']['create']>[1]>;

/**
 * No redirect is followed: fetch would take the key along in headers that it does not know for secrets. And without the
 * two, fetch keeps a second copy of a create's whole body for a redirect that never comes.
 */
const FETCH_OPTIONS = { redirect: 'error', window: null } as CallOptions['fetchOptions'];

/** Settings of every call. */
export interface CallSettings {
  /** How long the body of a reply may bring no byte, in milliseconds. @default 60_000 */
  mostSilent?: number;
}

/**
 * The options of every call: nothing is retried here, because that is Temporal's work.
 *
 * @param timeout milliseconds until the headers of the reply must be there.
 */
export function callOptions(timeout: number, { mostSilent = MOST_SILENT }: CallSettings): CallOptions {
  const middleware = [failOnSilence(mostSilent)];
  return { maxRetries: 0, timeout, fetchOptions: FETCH_OPTIONS, middleware };
}

/** The header that sends a job's `betas` along, where it has any. */
export const betaHeader = (betas: readonly string[]): Record<string, string> =>
  betas.length > 0 ? { 'anthropic-beta': betas.join(',') } : {};

/** The default headers of a client as pairs. The SDK keeps them in any of the shapes that it takes, and shows them nowhere. */
export function defaultHeaders(client: Anthropic): [name: string, value: string][] {
  const { _options } = client as unknown as { _options?: { defaultHeaders?: object } };
  const headers = _options?.defaultHeaders;
  const given =
    headers && 'values' in headers && headers.values instanceof Headers ? headers.values : (headers ?? {});
  const entries: [string, unknown][] =
    Symbol.iterator in given ? [...(given as Iterable<[string, unknown]>)] : Object.entries(given);
  return entries.map(([name, value]) => [name, String(value)]);
}
