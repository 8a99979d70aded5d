import type Anthropic from '@anthropic-ai/sdk';
import { failOnSilence, MOST_SILENT } from './silent-body';

type CallOptions = NonNullable<Parameters<Anthropic['messages']['batches']['create']>[1]>;

/**
 * Follows no redirect: fetch would pass the key on in headers that it does not recognize as secrets. Without
 * both options, fetch keeps a second copy of a create's whole body for a redirect that never comes.
 */
const FETCH_OPTIONS = { redirect: 'error', window: null } as CallOptions['fetchOptions'];

/** Settings for every call. */
export interface CallSettings {
  /** How long the body of a reply may bring no byte, in milliseconds. @default 60_000 */
  mostSilent?: number;
}

/**
 * Returns the options of every call. Retries nothing: Temporal does.
 *
 * @param timeout milliseconds until the headers of the reply arrive
 */
export function callOptions(timeout: number, { mostSilent = MOST_SILENT }: CallSettings): CallOptions {
  const middleware = [failOnSilence(mostSilent)];
  return { maxRetries: 0, timeout, fetchOptions: FETCH_OPTIONS, middleware };
}

/** Returns the header for a job's `betas`, if it has any. */
export const betaHeader = (betas: readonly string[]): Record<string, string> =>
  betas.length > 0 ? { 'anthropic-beta': betas.join(',') } : {};

/**
 * Returns a client's default headers as pairs. The SDK keeps them in any of the shapes that it accepts, and
 * does not expose them.
 */
export function defaultHeaders(client: Anthropic): [name: string, value: string][] {
  const { _options } = client as unknown as { _options?: { defaultHeaders?: object } };
  const headers = _options?.defaultHeaders;
  const given =
    headers && 'values' in headers && headers.values instanceof Headers ? headers.values : (headers ?? {});
  const entries: [string, unknown][] =
    Symbol.iterator in given ? [...(given as Iterable<[string, unknown]>)] : Object.entries(given);
  return entries.map(([name, value]) => [name, String(value)]);
}
