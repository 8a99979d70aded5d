// worker/: a worker's tasks besides activities: the check before it is ready, the watch for stuck workflows,
// the cache size. Start here.

import type { BatchesApi } from '../anthropic/api';
import { readFailure } from '../anthropic/api-failure';
import { FAILURE } from '../job/failure';
import { probeInputs, probeStore } from '../records/probe';
import type { Store } from '../store/store';

/** The state of one thing that a worker needs. */
export type Finding =
  | { state: 'ok' }
  /**
   * `degraded`: the problem may pass without a change to the worker, and jobs wait meanwhile. For example,
   * the API cannot be reached or is at a limit, or the account has no credit. `failed`: the worker needs
   * another key, store or setting.
   */
  | {
      state: 'degraded' | 'failed';
      /** The problem and what to do next. It contains no secret. */
      problem: string;
    };

/** The result of `AnthropicBatchPlugin.check`. */
export interface PluginCheck {
  /** Whether the worker can run jobs: no part is `failed`. */
  ok: boolean;
  /** The API key and the connection to the API. */
  api: Finding;
  /** The store. */
  store: Finding;
  /** The folder or prefix of inputs. Absent if the worker has none. */
  inputs?: Finding;
}

interface Checked {
  anthropic: () => BatchesApi;
  store: Store;
  inputs?: Store;
}

/** The timeout of a check. A working API or store is faster, and the SDKs' own timeouts are minutes. */
const CHECK_TIMEOUT = 20_000;

const OK: Finding = { state: 'ok' };

/** Checks what jobs need from a worker, all parts at the same time. */
export async function checkPlugin({ anthropic, store, inputs }: Checked): Promise<PluginCheck> {
  const [api, stored, given] = await Promise.all([
    checkApi(anthropic),
    checkStore(store, probeStore),
    inputs && checkInputs(inputs),
  ]);
  const found = { api, store: stored, ...(given ? { inputs: given } : {}) };
  return { ok: Object.values(found).every(({ state }) => state !== 'failed'), ...found };
}

/** Lists one batch: the cheapest free call that needs a key. */
async function checkApi(anthropic: () => BatchesApi): Promise<Finding> {
  try {
    return await within(
      async () => {
        await anthropic().list({ limit: 1 });
        return OK;
      },
      { state: 'degraded', problem: `The Anthropic API did not answer within ${CHECK_TIMEOUT / 1_000} s.` },
    );
  } catch (error) {
    // Workers log the message, so it leaves out the API's own text, which may quote the request.
    const { type, publicMessage } = readFailure(error);
    return { state: type === FAILURE.authentication ? 'failed' : 'degraded', problem: publicMessage };
  }
}

async function checkStore(store: Store, probe: (store: Store) => Promise<void>): Promise<Finding> {
  try {
    return await within(
      async () => {
        await probe(store);
        return OK;
      },
      {
        state: 'failed',
        problem: `The store ${store.location} did not answer within ${CHECK_TIMEOUT / 1_000} s.`,
      },
    );
  } catch (error) {
    return { state: 'failed', problem: error instanceof Error ? error.message : String(error) };
  }
}

/** Names the option: the message of a store speaks of a store, and a worker has two. */
async function checkInputs(inputs: Store): Promise<Finding> {
  const found = await checkStore(inputs, probeInputs);
  return found.state === 'ok' ? found : { ...found, problem: `\`inputs\` cannot be read: ${found.problem}` };
}

/** Returns the result of the work, or `late` after a timeout. */
async function within<T>(work: () => Promise<T>, late: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(late), CHECK_TIMEOUT);
  });
  try {
    return await Promise.race([work(), over]);
  } finally {
    clearTimeout(timer);
  }
}
