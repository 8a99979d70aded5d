import { type ActivityDeps, createActivities } from '../../../activities';
import type { Batch, BatchesApi } from '../../../src/anthropic/api';
import type { Retrieved } from '../../../src/job/activity-types';
import type { ChunkSummary, JobRef } from '../../../src/job/job';
import { customId } from '../../../src/job/protocol/custom-id';
import { submissionTimes } from '../../../src/job/protocol/submission';
import { normalizeSpec } from '../../../src/job-spec/normalize';
import { findChunkSummary } from '../../../src/records/chunk-results';
import { storeId } from '../../../src/records/identity';
import { keys } from '../../../src/records/keys';
import { RoundLedger } from '../../../src/records/ledger';
import { writeSpec } from '../../../src/records/stored-spec';
import { readText } from '../../../src/store/json';
import type { Store } from '../../../src/store/store';
import { putDocuments } from '../../support/chunks';
import { environment } from './support';

/** The API's result for a request. */
export type End = 'answer' | 'max_tokens' | 'refusal' | 'expired' | 'canceled' | `${string}_error`;

/** A chunk whose rounds were bought, and the activities that collect their results from an API in memory. */
export class Rounds {
  /** Raw results by batch. */
  readonly results = new Map<string, string>();

  private constructor(
    readonly store: Store,
    readonly job: JobRef,
  ) {}

  /** @param sendable for each document whether it has a request that can be sent. */
  static async of(store: Store, sendable: boolean[]): Promise<Rounds> {
    const job = { id: 'job', instance: 'i', store: await storeId(store) };
    const rounds = new Rounds(store, job);
    const messages = [{ role: 'user', content: '{{text}}' }];
    const template = { model: 'claude-haiku-5-5', max_tokens: 100, messages };
    const source = { kind: 'input', format: 'jsonl' } as const;
    await writeSpec(store, job, normalizeSpec({ template }, { id: job.id, source }));
    const documents = sendable.map((may, index) => ({
      id: `d-${index}`,
      line: index + 1,
      ...(may ? {} : { not_sent: { type: 'request_too_large', message: 'It is too large.' } }),
    }));
    await putDocuments(store, job, 0, documents);
    return rounds;
  }

  /**
   * Adds a round whose batch was bought and has ended, with a row for each of its requests, in this order.
   */
  async bought(round: number, rows: [ordinal: number, end: End][]): Promise<string> {
    const batch = `msgbatch_${round}`;
    const nonce = String(round).padStart(24, '0');
    const ledger = new RoundLedger(this.store, { job: this.job, chunk: 0, round });
    await ledger.intend(0, {
      nonce,
      count: rows.length,
      apiTime: new Date(0).toISOString(),
      fingerprint: 'f',
    });
    await ledger.decide(0, 'commit');
    await ledger.close(0, { outcome: 'created', batch, createdAt: new Date(0).toISOString() });
    const lines = rows.map(([ordinal, end]) => {
      return JSON.stringify({ custom_id: customId(nonce, ordinal), result: resultOf(end, round) });
    });
    this.results.set(batch, lines.map((line) => `${line}\n`).join(''));
    return batch;
  }

  retrieve(round: number, batch: string, retry: boolean, store = this.store): Promise<Retrieved> {
    const { anthropicRetrieve } = createActivities(this.#deps(store));
    return environment().run(anthropicRetrieve, {
      ...{ job: this.job, chunk: 0, round, batch, retry },
      unpaid: false,
    });
  }

  finish(store = this.store): Promise<ChunkSummary> {
    const unsent = { type: 'not_sent', message: 'It was never sent.' };
    const input = { job: this.job, chunk: 0, unsent, canceled: false };
    return environment().run(createActivities(this.#deps(store)).anthropicFinishChunk, input);
  }

  /** The ordinals that a round sends. */
  async selection(round: number): Promise<number[]> {
    const text = await readText(this.store, keys.selection(this.job, 0, round));
    return text.split('\n').filter(Boolean).map(Number);
  }

  // biome-ignore lint/suspicious/noExplicitAny: whatever a line holds
  async lines(): Promise<any[]> {
    const { results } = (await findChunkSummary(this.store, { job: this.job, chunk: 0 }))!;
    return (await readText(this.store, results))
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  }

  #deps(store: Store): ActivityDeps {
    const { results } = this;
    const api = {
      retrieve: async (id: string): Promise<Batch> => {
        const size = results.get(id)!.split('\n').length - 1;
        const succeeded = results.get(id)!.split('"type":"succeeded"').length - 1;
        const counts = { processing: 0, succeeded, errored: size - succeeded, canceled: 0, expired: 0 };
        const ended = { id, status: 'ended', size, counts } as const;
        return { ...ended, createdAt: new Date(0), resultsUrl: 'http://127.0.0.1/', archivedAt: null };
      },
      results: async ({ id }: Batch) =>
        (async function* () {
          yield Buffer.from(results.get(id)!);
        })(),
      withoutSecrets: (text: string) => text,
    } as unknown as BatchesApi;
    return {
      store,
      anthropic: () => api,
      builders: {},
      times: submissionTimes(),
      notifyBudget: async () => 0,
      isRunning: async () => true,
    };
  }
}

function resultOf(end: End, round: number): object {
  if (end === 'expired' || end === 'canceled') return { type: end };
  if (end.endsWith('_error')) {
    return { type: 'errored', error: { type: 'error', error: { type: end, message: `in round ${round}` } } };
  }
  const stop_reason = end === 'answer' ? 'end_turn' : end;
  return {
    type: 'succeeded',
    message: { type: 'message', content: [{ type: 'text', text: `in round ${round}` }], stop_reason },
  };
}
