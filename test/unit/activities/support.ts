import Anthropic from '@anthropic-ai/sdk';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { type ActivityDeps, createActivities } from '../../../activities';
import { batchesApi } from '../../../src/anthropic/batches';
import type {
  Collected,
  Poll,
  ReconcileInput,
  ReconcileOutcome,
  Retrieved,
  RoundRef,
  SubmitInput,
  SubmitOutcome,
} from '../../../src/job/activity-types';
import type { ChunkSummary, JobRef } from '../../../src/job/job';
import { customId } from '../../../src/job/protocol/custom-id';
import {
  type AttemptIntent,
  type SubmissionTimes,
  submissionTimes,
} from '../../../src/job/protocol/submission';
import { normalizeSpec } from '../../../src/job-spec/normalize';
import type { JobSpec } from '../../../src/job-spec/spec';
import { storeId } from '../../../src/records/identity';
import { keys } from '../../../src/records/keys';
import { RoundLedger } from '../../../src/records/ledger';
import { writeSpec } from '../../../src/records/stored-spec';
import type { Simulator, SimulatorOptions } from '../../../src/simulator/index';
import { putDocuments } from '../../support/chunks';
import { MemoryStore } from '../../support/memory-store';
import { TEMPLATE } from '../../support/template';
import { paramsOf, simulate } from '../simulator/support';

export { failed } from '../anthropic/server';

export interface StageOptions {
  simulator?: Partial<SimulatorOptions>;
  /** The texts of the chunk's requests; `null` for a request that cannot be sent. */
  texts?: (string | null)[];
  spec?: Partial<JobSpec>;
  deps?: Partial<ActivityDeps>;
  apiKey?: string;
}

/** One planned chunk of a job, its store, a simulated API, and the activities over them, without a worker. */
export class Stage {
  readonly times = submissionTimes(60_000);

  readonly #own: Partial<ActivityDeps>;
  readonly #apiKey: string;

  private constructor(
    readonly simulator: Simulator,
    readonly store: MemoryStore,
    readonly job: JobRef,
    own: Partial<ActivityDeps>,
    apiKey: string,
  ) {
    this.#own = own;
    this.#apiKey = apiKey;
  }

  static async of(options: StageOptions = {}): Promise<Stage> {
    const { texts = ['a', 'b', 'c'], spec, deps = {}, apiKey = 'test-key' } = options;
    const store = new MemoryStore();
    const job = { id: 'job', instance: 'i', store: await storeId(store) };
    const stage = new Stage(await simulate(options.simulator), store, job, deps, apiKey);
    const request = spec?.builder ? {} : { template: TEMPLATE };
    const source = { kind: 'input', format: 'jsonl' } as const;
    await writeSpec(store, job, normalizeSpec({ ...request, ...spec }, { id: job.id, source }));
    await stage.putChunk(texts);
    return stage;
  }

  async putChunk(texts: (string | null)[], chunk = 0): Promise<void> {
    const rows = texts.map((text) => (text === null ? 'null' : JSON.stringify(paramsOf(text))));
    await this.store.put(keys.requests(this.job, chunk), rows.map((row) => `${row}\n`).join(''));
    const documents = texts.map((text, index) => ({
      id: `d-${index}`,
      line: index + 1,
      ...(text === null ? { not_sent: { type: 'too_large', message: 'It is too large.' } } : {}),
    }));
    await putDocuments(this.store, this.job, chunk, documents);
  }

  client(apiKey = this.#apiKey, options: ConstructorParameters<typeof Anthropic>[0] = {}): Anthropic {
    return new Anthropic({ baseURL: this.simulator.url, apiKey, maxRetries: 0, ...options });
  }

  /** The activities of another worker, by default over the same store. */
  worker(deps: Partial<ActivityDeps> = {}) {
    return createActivities(this.deps(deps));
  }

  /** The dependencies of its activities. */
  deps(deps: Partial<ActivityDeps> = {}): ActivityDeps {
    const api = batchesApi(this.client());
    return {
      store: this.store,
      anthropic: () => api,
      builders: {},
      times: this.times,
      notifyBudget: async () => 0,
      isRunning: async () => true,
      ...this.#own,
      ...deps,
    };
  }

  round(round = 0): RoundRef {
    return { job: this.job, chunk: 0, round };
  }

  /** The input of a step that sends. */
  sending(round = 0, { times } = this.deps()): SubmitInput {
    return { ...this.round(round), times };
  }

  ledger = (round = 0) => new RoundLedger(this.store, this.round(round));

  submit(deps: Partial<ActivityDeps> = {}, round = 0): Promise<SubmitOutcome> {
    return environment().run(this.worker(deps).anthropicSubmit, this.sending(round, this.deps(deps)));
  }

  reconcile(
    input: Partial<ReconcileInput> = {},
    deps: Partial<ActivityDeps> = {},
  ): Promise<ReconcileOutcome> {
    const { times } = this.deps(deps);
    const all = { ...this.round(), times, presumeLost: false, allowed: 1, ...input };
    return environment().run(this.worker(deps).anthropicReconcile, all);
  }

  retrieve(
    batch: string,
    { retry = true, unpaid = false, round = 0 } = {},
    deps: Partial<ActivityDeps> = {},
  ): Promise<Retrieved> {
    const input = { ...this.round(round), batch, retry, unpaid };
    return environment().run(this.worker(deps).anthropicRetrieve, input);
  }

  poll(batch: string, watch?: SubmissionTimes): Promise<Poll> {
    return environment().run(this.worker().anthropicPoll, { job: this.job, chunk: 0, batch, watch });
  }

  collect(deps: Partial<ActivityDeps> = {}): Promise<Collected> {
    const input = { job: this.job, chunk: 0, times: this.times };
    return environment().run(this.worker(deps).anthropicCollectOrphans, input);
  }

  finish(
    more: { canceled?: boolean; failure?: string; keep?: boolean } = {},
    deps: Partial<ActivityDeps> = {},
  ): Promise<ChunkSummary> {
    const unsent = { type: 'canceled', message: 'The job was canceled.' };
    return environment().run(this.worker(deps).anthropicFinishChunk, {
      job: this.job,
      chunk: 0,
      unsent,
      canceled: false,
      ...more,
    });
  }

  /** A batch of another tool in the same workspace. */
  stranger(size = 3) {
    return this.client().messages.batches.create({
      requests: Array.from({ length: size }, (_, n) => ({
        custom_id: `other-${n}`,
        params: paramsOf(`other ${n}`),
      })),
    });
  }

  /** A batch that an attempt of this store bought, with a lost answer. */
  boughtBy({ nonce, count }: Pick<AttemptIntent, 'nonce' | 'count'>) {
    return this.client().messages.batches.create({
      requests: Array.from({ length: count }, (_, n) => ({
        custom_id: customId(nonce, n),
        params: paramsOf(`${n}`),
      })),
    });
  }

  /** An attempt that committed and whose process died before any answer. */
  async committed(attempt = 0, more: Partial<AttemptIntent> = {}): Promise<AttemptIntent> {
    const intent: AttemptIntent = {
      nonce: String(attempt).repeat(24),
      count: 3,
      apiTime: new Date(await this.simulator.clock.now()).toISOString(),
      fingerprint: batchesApi(this.client()).fingerprint,
      ...more,
    };
    await this.ledger().intend(attempt, intent);
    await this.ledger().decide(attempt, 'commit');
    return intent;
  }

  batches = () => this.simulator.batches();
}

/** @param scheduled when the activity was scheduled, in milliseconds of the Temporal server's clock. */
export const environment = (scheduled = 1) =>
  new MockActivityEnvironment({ scheduledTimestampMs: scheduled }, { logger: new DefaultLogger('ERROR') });
