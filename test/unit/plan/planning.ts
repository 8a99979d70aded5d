import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createCheckIds } from '../../../activities/planning/check-ids';
import { createPlan } from '../../../activities/planning/plan';
import { concurrencyLimit } from '../../../activities/runtime/concurrency-limit';
import type { ActivityDeps } from '../../../activities/runtime/deps';
import type { PlanCursor, PlanPage } from '../../../src/job/activity-types';
import type { JobRef } from '../../../src/job/job';
import type { Builders } from '../../../src/job-spec/builder';
import { normalizeSpec } from '../../../src/job-spec/normalize';
import type { JobSpec, PlanSource, StoredInput } from '../../../src/job-spec/spec';
import { storeId } from '../../../src/records/identity';
import { keys } from '../../../src/records/keys';
import { wholeMessage } from '../../../src/records/problems';
import { writeSpec } from '../../../src/records/stored-spec';
import type { Store } from '../../../src/store/store';
import { MemoryStore } from '../../support/memory-store';
import { TEMPLATE } from '../../support/template';

export interface PlannedJob {
  id?: string;
  spec?: Partial<JobSpec>;
  builders?: Builders;
  format?: StoredInput['format'];
  source?: PlanSource;
}

/** The planning activities over a store in memory, without a worker. */
export class Planning {
  readonly environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });

  readonly #builders: Builders;

  private constructor(
    readonly store: MemoryStore,
    readonly job: JobRef,
    builders: Builders,
  ) {
    this.#builders = builders;
  }

  /** Writes a job with this input into the store. */
  static async of(
    input: string | Buffer,
    options: PlannedJob = {},
    store = new MemoryStore(),
  ): Promise<Planning> {
    const { id = 'job', spec, builders = {}, format = 'jsonl', source = { kind: 'input', format } } = options;
    const job = { id, instance: 'i', store: await storeId(store) };
    const request = source.kind === 'retry' || spec?.builder ? {} : { template: TEMPLATE };
    await writeSpec(store, job, normalizeSpec({ ...request, ...spec }, { id, source }));
    if (source.kind === 'input') await store.put(keys.input(job, source.format), input);
    return new Planning(store, job, builders);
  }

  page(cursor?: PlanCursor, store = this.store): Promise<PlanPage> {
    const plan = createPlan(this.#deps(store), concurrencyLimit());
    return this.#run(() => this.environment.run(plan, { job: this.job, cursor }));
  }

  /** Plans the whole job, page by page, as the workflow does. */
  async all(): Promise<PlanPage[]> {
    const pages: PlanPage[] = [];
    let cursor: PlanCursor | undefined;
    do {
      const page = await this.page(cursor);
      pages.push(page);
      cursor = page.cursor && JSON.parse(JSON.stringify(page.cursor));
    } while (cursor);
    return pages;
  }

  checkIds(chunks: number): Promise<void> {
    const check = createCheckIds(this.#deps(), concurrencyLimit());
    return this.#run(() => this.environment.run(check, { job: this.job, chunks }));
  }

  /** Adds the `whole` message to a failure, which the job's owner sees. */
  async #run<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof ApplicationFailure)) throw error;
      throw Object.assign(error, { whole: await wholeMessage(this.store, { job: this.job }, error.message) });
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: a line may hold any JSON
  documents(chunk: number): any[] {
    return jsonLines(this.store.text(this.#files(chunk).documents));
  }

  // biome-ignore lint/suspicious/noExplicitAny: a line may hold any JSON
  requests(chunk: number): any[] {
    return jsonLines(this.store.text(this.#files(chunk).requests));
  }

  #files(chunk: number): { documents: string; requests: string } {
    const { job, store } = this;
    const { draft } = JSON.parse(store.text(keys.chunkPlan(job, chunk))) as { draft?: string };
    return { documents: keys.documents(job, chunk, draft), requests: keys.requests(job, chunk, draft) };
  }

  #deps(store: Store = this.store): ActivityDeps {
    const unused = () => {
      throw new Error('Planning needs no Anthropic client and no times.');
    };
    return {
      store,
      builders: this.#builders,
      anthropic: unused,
      notifyBudget: unused,
      isRunning: unused,
      get times() {
        return unused();
      },
    };
  }
}

function jsonLines(text: string) {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

export const jsonl = (documents: object[]) =>
  documents.map((document) => `${JSON.stringify(document)}\n`).join('');
