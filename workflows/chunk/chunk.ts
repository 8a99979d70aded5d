import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { setCurrentDetails, upsertMemo, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { type ChunkMemo, type ChunkState, newChunkState, news, stateWith } from '../../src/job/chunk-state';
import type { Control } from '../../src/job/control';
import { chunkDetails } from '../../src/job/details';
import type { MessageBatchInput } from '../../src/job/inputs';
import { CHUNK_MEMO, CHUNK_STATE, SEARCH_ATTRIBUTES } from '../../src/job/names';
import { backoff } from '../../src/job/poll';
import { roomStep } from '../common/activity-proxies';
import { awaitRequest } from '../common/await-request';
import { now } from '../common/clock';
import { signalWorkflow } from '../common/signal-workflow';
import { mayPass } from './retry-step';

const stateAttribute = defineSearchAttributeKey(SEARCH_ATTRIBUTES.state, SearchAttributeType.KEYWORD);
const batchAttribute = defineSearchAttributeKey(SEARCH_ATTRIBUTES.batch, SearchAttributeType.KEYWORD);

/** The state of one chunk's workflow: kept here, shown in the UI and the memo, and sent to the job when it matters to it. */
export class Chunk {
  readonly state: ChunkState;
  /** An attempt of the chunk was given up: its batch may show after all, and is looked for. */
  watch = false;
  /** Nothing is bought for a job that has ended: a chunk of it that was reset alone, or left running, only looks back. */
  jobEnded = false;
  /** What the job knows, and since when: by Temporal's clock, and by the workflow's own. */
  #told: { state: ChunkState; at: number; since: number } | undefined;
  /** How often it was told of nothing but another reason. */
  #reasons = 0;

  constructor(readonly input: MessageBatchInput) {
    this.state = newChunkState(input.chunk, input.plan.requests);
  }

  /** `chunk 3`, for summaries. */
  get name(): string {
    return `chunk ${this.input.chunk}`;
  }

  ref(round: number) {
    return { job: this.input.job, chunk: this.input.chunk, round };
  }

  /** Takes a new state, shows it, and tells the job of what is news to it. */
  async enter(change: Partial<ChunkState>): Promise<void> {
    const before = stateWith('running', [this.state]);
    this.show(change);
    const now = stateWith('running', [this.state]);
    if (now !== before && this.input.searchAttributes) {
      upsertSearchAttributes([{ key: stateAttribute, value: now }]);
    }
    if (this.#isDue()) await this.#tell();
  }

  /** Takes a new state and shows it here only. */
  show(change: Partial<ChunkState>): void {
    Object.assign(this.state, change);
    setCurrentDetails(chunkDetails(this.state, Date.now(), this.input.settings));
  }

  /** When its job was last known to run; `undefined` of a chunk without one. */
  get heard(): number | undefined {
    return this.#told?.at;
  }

  /** Finds out whether its job still runs. */
  ask(): Promise<void> {
    return this.#tell();
  }

  /** Counts a batch whose results the chunk takes: one that was bought for it, or one that is adopted. */
  counts(batch: string): void {
    this.state.batches += 1;
    if (!this.input.searchAttributes) return;
    upsertSearchAttributes([{ key: batchAttribute, value: batch }]);
  }

  /** Waits while the job is paused. @param seen requests of people that are known */
  async unpaused(seen: number): Promise<void> {
    await this.enter({ phase: 'paused', reason: undefined });
    let control: Control;
    do {
      control = await awaitRequest(this.input.job, seen, `${this.name}: wait until the job is resumed`);
      seen = control.requests;
    } while (control.paused);
  }

  /** Waits until a person resumes the job. */
  async released(reason: string): Promise<void> {
    const { job } = this.input;
    // Before anyone can see that it is held: from then on each resume is one that it waits for.
    let { resumes, requests } = await awaitRequest(job, -1, `${this.name}: what was asked of the job`);
    await this.enter({ phase: 'held', reason });
    for (const before = resumes; resumes === before; ) {
      const summary = `${this.name} is held: wait until the job is resumed`;
      ({ resumes, requests } = await awaitRequest(job, requests, summary));
    }
  }

  /** Waits until there may be room in a budget for a round, at most so many milliseconds. */
  async room(round: number, reason: string, most: number): Promise<void> {
    this.show({ phase: 'over budget', reason });
    // Each try waited for a change of the budget, or for long.
    if (news(this.#told?.state, this.state) !== undefined) await this.#tell();
    try {
      await roomStep(most).anthropicAwaitRoom.executeWithOptions(
        { summary: `${this.name}: wait for room in the budget` },
        [this.ref(round)],
      );
    } catch (error) {
      if (!mayPass(error)) throw error;
    }
  }

  /** Reasons that alternate, as those of two workers of which one has a dead key, are told ever more seldom. */
  #isDue(): boolean {
    const kind = news(this.#told?.state, this.state);
    if (kind !== 'reason') return kind === 'state';
    const quiet = this.#reasons && backoff(this.#reasons - 1, this.input.settings, { spread: 0 });
    return now() - this.#told!.since >= quiet;
  }

  async #tell(): Promise<void> {
    if (news(this.#told?.state, this.state) === 'reason') this.#reasons += 1;
    this.#told = { state: { ...this.state }, at: Date.now(), since: now() };
    upsertMemo({ [CHUNK_MEMO]: { job: this.input.job, state: this.state } satisfies ChunkMemo });
    const { parent } = workflowInfo();
    if (parent) this.jobEnded = !(await signalWorkflow(parent, CHUNK_STATE, this.state));
  }
}
