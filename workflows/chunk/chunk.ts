import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import {
  log,
  setCurrentDetails,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { type ChunkMemo, type ChunkState, newChunkState, news, stateWith } from '../../src/job/chunk-state';
import type { Control } from '../../src/job/control';
import { chunkDetails } from '../../src/job/details';
import type { MessageBatchInput } from '../../src/job/inputs';
import { CHUNK_MEMO, CHUNK_STATE, SEARCH_ATTRIBUTES } from '../../src/job/names';
import { backoff } from '../../src/job/poll';
import type { HeldChunk, WaitReason } from '../../src/job/reason';
import { budgetStep } from '../common/activity-proxies';
import { awaitRequest } from '../common/await-request';
import { now } from '../common/clock';
import { mayPass } from '../common/retry';
import { signalWorkflow } from '../common/signal-workflow';

const stateAttribute = defineSearchAttributeKey(SEARCH_ATTRIBUTES.state, SearchAttributeType.KEYWORD);
const batchAttribute = defineSearchAttributeKey(SEARCH_ATTRIBUTES.batch, SearchAttributeType.KEYWORD);

/** Explains the growing number of attempts that the UI shows for a wait. */
const CHECKS = ' (each attempt is a check)';

/**
 * The state of one chunk's workflow. Shown in the UI and the memo, and sent to the job when the job needs it.
 */
export class Chunk {
  readonly state: ChunkState;
  /** An attempt of the chunk was presumed lost. Its batch may still appear, so polls also search for it. */
  watch = false;
  /**
   * The job has ended, so nothing more is bought. A chunk that was reset alone or left running only
   * reconciles.
   */
  jobEnded = false;
  /** The state last sent to the job, and when: `at` by Temporal's clock, `since` by the workflow's own. */
  #told: { state: ChunkState; at: number; since: number } | undefined;
  /** How many updates changed nothing but the reason. */
  #reasons = 0;

  constructor(readonly input: MessageBatchInput) {
    this.state = newChunkState(input.chunk, input.plan.requests);
  }

  /** Returns `chunk 3`, for summaries. */
  get name(): string {
    return `chunk ${this.input.chunk}`;
  }

  ref(round: number) {
    return { job: this.input.job, chunk: this.input.chunk, round };
  }

  /** Enters a new state, shows it, and sends it to the job if it is news there. */
  async enter(change: Partial<ChunkState>): Promise<void> {
    const before = stateWith('running', [this.state]);
    if (change.phase !== undefined && change.phase !== this.state.phase)
      this.#log({ ...this.state, ...change });
    this.show(change);
    const now = stateWith('running', [this.state]);
    if (now !== before && this.input.searchAttributes) {
      upsertSearchAttributes([{ key: stateAttribute, value: now }]);
    }
    if (this.#isDue()) await this.#tell();
  }

  /** Enters a new state and shows it only here. */
  show(change: Partial<ChunkState>): void {
    Object.assign(this.state, change);
    setCurrentDetails(chunkDetails(this.state, Date.now(), this.input.settings));
  }

  /** When the job was last known to run. `undefined` before the first update. */
  get heard(): number | undefined {
    return this.#told?.at;
  }

  /** Checks whether the job still runs. */
  ask(): Promise<void> {
    return this.#tell();
  }

  /** Counts a batch whose results the chunk takes, bought or adopted. */
  counts(batch: string): void {
    this.state.batches += 1;
    if (!this.input.searchAttributes) return;
    upsertSearchAttributes([{ key: batchAttribute, value: batch }]);
  }

  /** Waits while the job is paused. @param seen number of control requests already known */
  async unpaused(seen: number): Promise<void> {
    await this.enter({ phase: 'paused', reason: undefined });
    let control: Control;
    do {
      control = await awaitRequest(
        this.input.job,
        seen,
        `${this.name}: wait until the job is resumed${CHECKS}`,
      );
      seen = control.requests;
    } while (control.paused);
  }

  /** Waits until a person resumes the job. */
  async released(reason: HeldChunk): Promise<void> {
    const { job } = this.input;
    // Read before the held state is visible, so that every later resume counts.
    let { resumes, requests } = await awaitRequest(job, -1, `${this.name}: read requests to the job`);
    await this.enter({ phase: 'held', reason });
    for (const before = resumes; resumes === before; ) {
      const summary = `${this.name} is held: wait until the job is resumed${CHECKS}`;
      ({ resumes, requests } = await awaitRequest(job, requests, summary));
    }
  }

  /** Waits until a budget may have enough left for a round, at most `most` milliseconds. */
  async awaitBudget(round: number, reason: WaitReason, most: number): Promise<void> {
    this.show({ phase: 'over budget', reason });
    // Always sent if it is news: each try has waited for a change of the budget, or for a long time.
    if (news(this.#told?.state, this.state) !== undefined) await this.#tell();
    try {
      await budgetStep(most).anthropicAwaitBudget.executeWithOptions(
        { summary: `${this.name}: wait for budget${CHECKS}` },
        [this.ref(round)],
      );
    } catch (error) {
      if (!mayPass(error)) throw error;
    }
  }

  /**
   * Limits updates with alternating reasons, such as those of two workers of which one has an invalid key.
   * They are sent at growing intervals.
   */
  #isDue(): boolean {
    const kind = news(this.#told?.state, this.state);
    if (kind !== 'reason') return kind === 'state';
    const quiet = this.#reasons && backoff(this.#reasons - 1, this.input.settings, { spread: 0 });
    return now() - this.#told!.since >= quiet;
  }

  /** Logs a new phase. A worker logs it once, also if it replays the workflow. */
  #log({ chunk, phase, requests, round, batch }: ChunkState): void {
    log.info(`${this.name}: ${phase}`, { job: this.input.job.id, chunk, requests, round: round + 1, batch });
  }

  async #tell(): Promise<void> {
    if (news(this.#told?.state, this.state) === 'reason') this.#reasons += 1;
    this.#told = { state: { ...this.state }, at: Date.now(), since: now() };
    upsertMemo({ [CHUNK_MEMO]: { job: this.input.job, state: this.state } satisfies ChunkMemo });
    const { parent } = workflowInfo();
    if (parent && !(await signalWorkflow(parent, CHUNK_STATE, this.state))) this.jobEnded = true;
  }
}
