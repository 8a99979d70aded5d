import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type Anthropic from '@anthropic-ai/sdk';
import type { BilledRequest, Books, FaultSpec, OddRowRecord } from 'temporal-anthropic-batch/simulator';
import { paramsOf } from '../support/template';

export interface ListedBatch {
  id: string;
  processing_status: 'in_progress' | 'canceling' | 'ended';
  created_at: string;
  /** `null` while it runs. */
  ended_at: string | null;
}

type BatchRequest = Anthropic.Messages.BatchCreateParams.Request;

/**
 * The simulator's books and controls, over HTTP. The simulator dies sometimes, so every call retries until it
 * is back.
 */
export class SimulatedApi {
  /** Calls that met an HTTP fault, for faults that were already removed. */
  #fired = 0;

  constructor(readonly url: string) {}

  books(): Promise<Books> {
    return this.#json('GET', 'books');
  }

  batches(): Promise<ListedBatch[]> {
    return this.#json('GET', 'batches');
  }

  /** Returns each request that was billed. */
  async billedRequests(): Promise<BilledRequest[]> {
    return parsed<BilledRequest>(await this.#text('GET', 'billed'));
  }

  /** Returns each result row that a fault made odd. */
  async oddRows(): Promise<OddRowRecord[]> {
    return parsed<OddRowRecord>(await this.#text('GET', 'odd-rows'));
  }

  /** Returns the batches in which each params were billed, by digest. `CALL` stands for a call. */
  async billed(): Promise<Map<string, string[]>> {
    const billed = new Map<string, string[]>();
    for (const { digest, batch: id } of await this.billedRequests()) {
      const batch = id ?? CALL;
      const batches = billed.get(digest);
      if (batches) batches.push(batch);
      else billed.set(digest, [batch]);
    }
    return billed;
  }

  /** Returns the requests of a batch as they were sent. The first one shows its owner. */
  async requests(batch: string): Promise<BatchRequest[]> {
    return parsed<BatchRequest>(await this.#text('GET', `batches/${batch}/requests`));
  }

  /** Replaces the faults. */
  async program(spec: FaultSpec): Promise<void> {
    const { fired } = await this.#json<{ fired: number[] }>('GET', 'faults');
    await this.#json('PUT', 'faults', spec);
    this.#fired += fired.reduce((sum, times) => sum + times, 0);
  }

  get fired(): number {
    return this.#fired;
  }

  now(): Promise<number> {
    return this.#json<{ now: number }>('GET', 'clock').then(({ now }) => now);
  }

  async moveClock(ms: number): Promise<void> {
    await this.#json('PUT', 'clock', { advance: ms });
  }

  /**
   * Posts a batch of another tool into the same workspace. Faults affect it like ours; it may then not exist.
   */
  async stranger(number: number, size: number, like: 'ours' | 'other'): Promise<void> {
    const nonce = like === 'ours' ? randomBytes(12).toString('hex') : 'other';
    const requests = Array.from({ length: size }, (_, index) => ({
      custom_id: `${nonce}-${index}`,
      params: paramsOf(`${STRANGER} ${number} request ${index}`),
    }));
    await fetch(`${this.url}/v1/messages/batches`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-api-key': 'chaos-key',
        'anthropic-version': '2023-06-01',
      },
      body: JSON.stringify({ requests }),
      signal: AbortSignal.timeout(10_000),
    }).catch(() => {});
  }

  async #json<T>(method: string, path: string, body?: object): Promise<T> {
    return JSON.parse(await this.#text(method, path, body)) as T;
  }

  async #text(method: string, path: string, body?: object): Promise<string> {
    for (let tries = 0; ; tries += 1) {
      try {
        const answer = await fetch(`${this.url}/_simulator/${path}`, {
          method,
          headers: { 'content-type': 'application/json' },
          body: body && JSON.stringify(body),
          signal: AbortSignal.timeout(10_000),
        });
        const text = await answer.text();
        if (answer.ok) return text;
        throw new Error(`The simulator answered ${answer.status} to ${method} ${path}: ${text}`);
      } catch (error) {
        if (tries >= 100) throw error;
        await sleep(200);
      }
    }
  }
}

/** Stands for the batch of a request that was sent live. */
export const CALL = 'a Messages call';

/** Prefix of strangers' texts. */
export const STRANGER = 'Of a stranger:';

/** Returns the values of a JSONL text. */
const parsed = <T>(text: string): T[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
