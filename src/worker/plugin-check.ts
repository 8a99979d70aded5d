// worker/: what a worker does beside its steps: its check before it is ready, the watch for stuck workflows, the cache's size.

import type { BatchesApi } from '../anthropic/api';
import { readFailure } from '../anthropic/errors';
import { FAILURE } from '../job/failure';
import { probeInputs, probeStore } from '../records/probe';
import type { Store } from '../store/store';

/** How one part of what a worker needs was found. */
export type Finding =
  | { state: 'ok' }
  /**
   * `degraded`: it may pass without a change to the worker, and jobs wait meanwhile: an API that cannot be reached, is at a limit, or
   * whose account has no credit. `failed`: the worker needs another key, store or setting.
   */
  | {
      state: 'degraded' | 'failed';
      /** What is wrong, and what to do next. It holds no secret. */
      problem: string;
    };

/** What `AnthropicBatchPlugin.check` found. */
export interface PluginCheck {
  /** Whether the worker can take jobs: nothing has failed. */
  ok: boolean;
  /** The API key and the way to the API. */
  api: Finding;
  /** The store. */
  store: Finding;
  /** The folder or prefix of inputs; absent on a worker without one. */
  inputs?: Finding;
}

interface Checked {
  anthropic: () => BatchesApi;
  store: Store;
  inputs?: Store;
}

/** Longer than a working API or store takes. The SDKs' own timeouts are minutes. */
const PATIENCE = 20_000;

const OK: Finding = { state: 'ok' };

export async function checkPlugin({ anthropic, store, inputs }: Checked): Promise<PluginCheck> {
  const [api, stored, given] = await Promise.all([
    checkApi(anthropic),
    checkStore(store, probeStore),
    inputs && checkStore(inputs, probeInputs),
  ]);
  const found = { api, store: stored, ...(given ? { inputs: given } : {}) };
  return { ok: Object.values(found).every(({ state }) => state !== 'failed'), ...found };
}

/** Lists one batch: the cheapest call that needs a key, and free. */
async function checkApi(anthropic: () => BatchesApi): Promise<Finding> {
  try {
    return await within(
      async () => {
        await anthropic().list({ limit: 1 });
        return OK;
      },
      { state: 'degraded', problem: `The Anthropic API did not answer within ${PATIENCE / 1_000} s.` },
    );
  } catch (error) {
    // A worker logs it: without the words of the API, which may quote what it was sent.
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
        problem: `The store ${store.location} did not answer within ${PATIENCE / 1_000} s.`,
      },
    );
  } catch (error) {
    return { state: 'failed', problem: error instanceof Error ? error.message : String(error) };
  }
}

/** What the work gives, or `late` where it takes too long. */
async function within<T>(work: () => Promise<T>, late: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(late), PATIENCE);
  });
  try {
    return await Promise.race([work(), over]);
  } finally {
    clearTimeout(timer);
  }
}
