import { hash } from 'node:crypto';
import { createFindEqual } from '../../../activities/dedupe/find-equal';
import { concurrencyLimit } from '../../../activities/runtime/concurrency-limit';
import { NO_REQUEST } from '../../../src/input/chunk';
import type { EqualRequests, SubmitOutcome } from '../../../src/job/activity-types';
import type { ChunkSummary, JobRef, JobSummary } from '../../../src/job/job';
import { normalizeSpec } from '../../../src/job-spec/normalize';
import type { JobOptions } from '../../../src/job-spec/spec';
import { keys } from '../../../src/records/keys';
import { writeSpec } from '../../../src/records/stored-spec';
import { putDocuments, resultsText } from '../../support/chunks';
import { TEMPLATE } from '../../support/template';
import { paramsOf } from '../simulator/support';
import { environment, type Stage } from './support';

/** The texts of each chunk's requests; `null` for a request that cannot be sent. */
export type Texts = (string | null)[];

/** A planned job of several chunks, driven through the activities as by its workflows. */
export class PlannedJob {
  readonly #chunks: Texts[];

  private constructor(
    readonly stage: Stage,
    readonly job: JobRef,
    chunks: Texts[],
  ) {
    this.#chunks = chunks;
  }

  static async of(
    stage: Stage,
    chunks: Texts[],
    { id = 'planned', ...options }: { id?: string } & JobOptions = {},
  ): Promise<PlannedJob> {
    const { store } = stage;
    const job = { ...stage.job, id };
    const source = { kind: 'input', format: 'jsonl' } as const;
    await writeSpec(store, job, normalizeSpec({ template: TEMPLATE, ...options }, { id, source }));
    for (const [chunk, texts] of chunks.entries()) {
      const rows = texts.map((text) => (text === null ? 'null' : JSON.stringify(paramsOf(text))));
      const put = (key: string, lines: string[]) => store.put(key, lines.map((line) => `${line}\n`).join(''));
      await put(keys.requests(job, chunk), rows);
      await put(
        keys.digests(job, chunk),
        rows.map((row) => (row === 'null' ? NO_REQUEST : hash('sha256', row))),
      );
      const not_sent = { type: 'too_large', message: 'It is too large.' };
      const documents = texts.map((text, index) => ({
        id: `d-${index}`,
        line: index + 1,
        ...(text === null ? { not_sent } : {}),
      }));
      await putDocuments(store, job, chunk, documents);
    }
    return new PlannedJob(stage, job, chunks);
  }

  findEqual(capacity?: number): Promise<EqualRequests> {
    const find = createFindEqual(this.stage.deps(), concurrencyLimit(), capacity);
    const input = { job: this.job, chunks: this.#chunks.length, documents: this.#chunks.flat().length };
    return environment().run(find, input);
  }

  /** Sends a chunk's only round, retrieves its results and joins them. */
  async carry(chunk: number): Promise<ChunkSummary> {
    const { job } = this;
    const worker = this.stage.worker();
    const sent: SubmitOutcome = await environment().run(worker.anthropicSubmit, {
      ...this.stage.sending(),
      job,
      chunk,
    });
    if (sent.kind !== 'bought') throw new Error(JSON.stringify(sent));
    const input = { job, chunk, round: 0, batch: sent.batch, retry: false, unpaid: false };
    await environment().run(worker.anthropicRetrieve, input);
    return this.close(chunk);
  }

  /** Joins the existing results of a chunk. */
  close(chunk: number, type = 'not_sent'): Promise<ChunkSummary> {
    return environment().run(this.stage.worker().anthropicFinishChunk, {
      job: this.job,
      chunk,
      canceled: false,
      unsent: { type, message: 'It was never sent.' },
    });
  }

  finish(): Promise<JobSummary> {
    return environment().run(this.stage.worker().anthropicFinishJob, {
      job: this.job,
      state: 'completed' as const,
      chunks: this.#chunks.length,
      documents: this.#chunks.flat().length,
    });
  }

  /** The texts that the first round of a chunk sends. */
  sent(chunk: number): string[] {
    const texts = this.#chunks[chunk]!;
    const key = keys.selection(this.job, chunk, 0);
    const { store } = this.stage;
    const ordinals = store.entries.has(key)
      ? store.text(key).split('\n').filter(Boolean).map(Number)
      : [...texts.keys()];
    return ordinals.map((ordinal) => texts[ordinal] ?? null).filter((text) => text !== null);
  }

  // biome-ignore lint/suspicious/noExplicitAny: whatever a line holds
  results(chunk: number): any[] {
    const text = resultsText(this.stage.store, this.job, chunk);
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  }
}
