import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import {
  CancellationScope,
  condition,
  defineSignal,
  isCancellation,
  patched,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { type ChunkState, newChunkState, news } from '../src/job/chunk-state';
import { chunkDetails } from '../src/job/details';
import type { MessageBatchInput } from '../src/job/inputs';
import { BUDGET_CHANGED, CHUNK_STATE, PAUSE_CHUNK, RESUME_CHUNK, SEARCH_ATTRIBUTES } from '../src/job/names';
import { backoff } from '../src/job/poll';
import { tell } from './tell';

const batchAttribute = defineSearchAttributeKey(SEARCH_ATTRIBUTES.batch, SearchAttributeType.KEYWORD);
const pauseSignal = defineSignal(PAUSE_CHUNK);
const resumeSignal = defineSignal(RESUME_CHUNK);
const budgetSignal = defineSignal(BUDGET_CHANGED);

/** 0.1.0 told the job of every try to send a round, and never why a poll or another step waits. */
const ONLY_NEWS = 'tell-only-news';

/** The state of one chunk's workflow: kept here, shown in the UI, and told to the job when it matters to it. */
export class Chunk {
  readonly state: ChunkState;
  /** An attempt of the chunk was given up: its batch may show after all, and is looked for. */
  watch = false;
  /** Nothing is bought for a job that has ended: a chunk of it that was reset alone, or left running, only looks back. */
  jobEnded = false;
  #paused: boolean;
  /** How often a person resumed the job: each time releases what was held. */
  #resumed = 0;
  /** How often there may have come to be room in a budget. */
  budgetChanges = 0;
  /** What the job knows, and since when. */
  #told: { state: ChunkState; at: number } | undefined;
  /** How often it was told of nothing but another reason. */
  #reasons = 0;

  constructor(readonly input: MessageBatchInput) {
    this.state = newChunkState(input.chunk, input.plan.requests);
    this.#paused = input.paused;
    setHandler(pauseSignal, () => {
      this.#paused = true;
    });
    setHandler(resumeSignal, () => {
      this.#paused = false;
      this.#resumed += 1;
    });
    setHandler(budgetSignal, () => {
      this.budgetChanges += 1;
    });
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
    this.show(change);
    if (this.#isDue() || !patched(ONLY_NEWS)) await this.#tell();
  }

  /** The same for a reason to wait, or its end, of which 0.1.0 did not tell the job. */
  async waits(change: Partial<ChunkState>): Promise<void> {
    this.show(change);
    if (this.#isDue() && patched(ONLY_NEWS)) await this.#tell();
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

  tagBatch(batch: string): void {
    if (!this.input.searchAttributes) return;
    upsertSearchAttributes([{ key: batchAttribute, value: batch }]);
  }

  /**
   * Takes a step that a pause ends, and what it had begun with it.
   *
   * @returns `undefined` where it was ended: it is to be taken again.
   */
  async unlessPaused<T>(step: () => Promise<T>): Promise<T | undefined> {
    const scope = new CancellationScope();
    const taken = scope.run(step);
    await Promise.race([taken, condition(() => this.#paused)]);
    scope.cancel();
    try {
      return await taken;
    } catch (error) {
      if (!isCancellation(error) || CancellationScope.current().consideredCancelled) throw error;
      return undefined;
    }
  }

  /** Waits while the job is paused. */
  async unpaused(): Promise<void> {
    if (!this.#paused) return;
    await this.enter({ phase: 'paused' });
    await condition(() => !this.#paused);
  }

  /** Waits until there may be room in a budget, as there was none after so many changes; at most so many milliseconds. */
  async room(reason: string, changes: number, most: number): Promise<void> {
    await this.enter({ phase: 'over budget', reason });
    await condition(() => this.budgetChanges > changes, most);
  }

  /** Waits until a person resumes the job. */
  async released(reason: string): Promise<void> {
    const before = this.#resumed;
    await this.enter({ phase: 'held', reason });
    await condition(() => this.#resumed > before);
  }

  /** Reasons that alternate, as those of two workers of which one has a dead key, are told ever more seldom. */
  #isDue(): boolean {
    const kind = news(this.#told?.state, this.state);
    if (kind !== 'reason') return kind === 'state';
    const quiet = this.#reasons && backoff(this.#reasons - 1, this.input.settings, { spread: 0 });
    return Date.now() - this.#told!.at >= quiet;
  }

  async #tell(): Promise<void> {
    const { parent } = workflowInfo();
    if (!parent) return;
    if (news(this.#told?.state, this.state) === 'reason') this.#reasons += 1;
    this.#told = { state: { ...this.state }, at: Date.now() };
    this.jobEnded = !(await tell(parent, CHUNK_STATE, this.state));
  }
}
