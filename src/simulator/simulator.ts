// simulator/: a Message Batches API on loopback. Start here. It judges the product, and imports nothing of
// it. api/ answers requests, life/ decides the outcomes of a batch, books/ counts what was billed, faults/
// makes replies wrong.

import { mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import type Anthropic from '@anthropic-ai/sdk';
import { liveBatches } from './api/admin';
import { apiServer } from './api/server';
import { type Books, billedRequests, booksAt } from './books/books';
import { ENDPOINTS, type Endpoint } from './faults/fault-spec';
import { Faults } from './faults/faults';
import { Batches } from './life/batches';
import { Clock } from './life/clock';
import { storedRequests } from './life/stored-requests';
import { checkOptions, type SimulatorOptions } from './options';
import type { SimulatorState } from './state';

/** A running simulator of the Messages and Message Batches API. */
export interface Simulator {
  /** The address for the SDK's `baseURL`. */
  readonly url: string;
  readonly port: number;
  readonly faults: Faults;
  readonly clock: Clock;
  /** Returns what was billed so far. */
  books(): Promise<Books>;
  /**
   * Returns how often each request's params were billed, by digest: see `paramsDigest`. Grows with the number
   * of requests.
   */
  digests(): Promise<Map<string, number>>;
  /** Returns all batches that were not deleted, newest first. */
  batches(): Promise<Anthropic.Messages.MessageBatch[]>;
  /** Yields the requests of a batch that was not deleted, in the order in which they were sent. */
  requests(batchId: string): AsyncIterable<Anthropic.Messages.BatchCreateParams.Request>;
  /**
   * Returns the calls by endpoint since the start, including those that met a fault, but not those without a
   * valid key.
   */
  calls(): Record<Endpoint, number>;
  /** Stops the simulator and destroys open connections. The folder keeps the state. */
  close(): Promise<void>;
}

/**
 * Starts a Message Batches API on loopback. It keeps its state in a folder and may be killed at any moment.
 *
 * @throws {TypeError} that names an invalid option; the error of `listen` if the port is in use
 *
 * @example
 * ```ts
 * const simulator = await startSimulator({ dir: '.simulator', duration: 1_000 });
 * const client = new Anthropic({ baseURL: simulator.url, apiKey: 'any' });
 * ```
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  checkOptions(options);
  const { dir, host = '127.0.0.1', duration = 2_000, listLag } = options;
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const closing = new AbortController();
  const state: SimulatorState = {
    dir,
    host,
    batches: new Batches(dir),
    clock: new Clock(dir, options.now ?? Date.now),
    faults: new Faults(dir, listLag === undefined ? options.faults : { ...options.faults, listLag }),
    apiKeys: options.apiKeys,
    duration: typeof duration === 'function' ? duration : () => duration,
    cancelDuration: options.cancelDuration ?? 500,
    cancelFinishes: options.cancelFinishes ?? 0.1,
    // A timer longer than Node's longest would fire at once.
    stallTimeout: Math.min(options.stallTimeout ?? 600_000, 2 ** 31 - 1),
    maxBytes: options.maxBytes ?? 256_000_000,
    calls: Object.fromEntries(ENDPOINTS.map((endpoint) => [endpoint, 0])) as Record<Endpoint, number>,
    closing: closing.signal,
  };
  const server = apiServer(state);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port ?? 0, host, () => resolve());
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return {
    url,
    port,
    faults: state.faults,
    clock: state.clock,
    books: async () => booksAt(dir, state.batches, await state.clock.now()),
    digests: async () => {
      const times = new Map<string, number>();
      for (const { digest } of billedRequests(dir, state.batches, await state.clock.now())) {
        times.set(digest, (times.get(digest) ?? 0) + 1);
      }
      return times;
    },
    batches: async () => liveBatches(state, await state.clock.now(), url),
    requests: (batchId) => requestsOf(state, batchId),
    calls: () => ({ ...state.calls }),
    close: () =>
      new Promise((resolve, reject) => {
        closing.abort();
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

async function* requestsOf(
  state: SimulatorState,
  batchId: string,
): AsyncIterable<Anthropic.Messages.BatchCreateParams.Request> {
  const record = state.batches.get(batchId);
  if (!record || record.deletedAt !== undefined)
    throw new Error(`The simulator has no message batch ${batchId}.`);
  for (const { request } of storedRequests(state.batches, record)) {
    yield request as unknown as Anthropic.Messages.BatchCreateParams.Request;
  }
}
