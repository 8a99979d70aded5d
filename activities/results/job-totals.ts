import { CostSum } from '../../src/cost/cost';
import { ErrorCounts } from '../../src/job/error-counts';
import type { JobSummary, StoredChunkSummary } from '../../src/job/job';
import { addLiveCounts, type LiveCounts } from '../../src/job/live';
import { addLost, type LostCounts } from '../../src/job/lost-answers';
import { addOdd, type OddCounts } from '../../src/job/odd-results';
import { addCounts, failedCount, noCounts } from '../../src/job/outcome';

/**
 * The most failures and orphans in a summary, which is a workflow's result and must stay small. Each chunk's
 * own summary has its failure and its orphans.
 */
const MOST = 100;

/** Adds up the summaries of a job's chunks. */
export class JobTotals {
  /** The failures of chunks, with their whole messages. */
  readonly failures: JobSummary['failures'] = [];
  /** The same without texts of documents. */
  readonly publicFailures: JobSummary['failures'] = [];
  #counts = noCounts();
  #batches = 0;
  #rounds = 0;
  #unresolved = 0;
  #equal = 0;
  #reused = 0;
  #overBudget = 0;
  #odd: OddCounts | undefined;
  #lost: LostCounts = {};
  #live: LiveCounts = {};
  readonly #costs = new CostSum();
  readonly #errors = new ErrorCounts();
  readonly #orphaned: string[] = [];

  add(part: StoredChunkSummary): void {
    this.#counts = addCounts(this.#counts, part.counts);
    this.#batches += part.batches.length;
    this.#rounds = Math.max(this.#rounds, part.rounds);
    this.#unresolved += part.unresolved ?? 0;
    this.#equal += part.equal ?? 0;
    this.#reused += part.reused ?? 0;
    this.#overBudget += part.overBudget ?? 0;
    this.#odd = addOdd(this.#odd, part.odd);
    this.#lost = addLost(this.#lost, part);
    this.#live = addLiveCounts(this.#live, part);
    this.#costs.addCost(part.cost);
    this.#errors.addAll(part.errors);
    this.#orphaned.push(...(part.orphaned ?? []));
    if (part.failure !== undefined) this.addFailure(part.chunk, part.failure, part.publicFailure);
  }

  addFailure(chunk: number, message: string, publicMessage = message): void {
    if (this.failures.length === MOST) return;
    this.failures.push({ chunk, message });
    this.publicFailures.push({ chunk, message: publicMessage });
  }

  /** The sums as fields of the job's summary. */
  get sums() {
    return {
      succeeded: this.#counts.succeeded,
      failed: failedCount(this.#counts),
      counts: this.#counts,
      batches: this.#batches,
      rounds: this.#rounds,
      orphaned: this.#orphaned.length > 0 ? this.#orphaned.slice(0, MOST) : undefined,
      unresolved: this.#unresolved || undefined,
      equal: this.#equal || undefined,
      reused: this.#reused || undefined,
      overBudget: this.#overBudget || undefined,
      odd: this.#odd,
      ...this.#lost,
      ...this.#live,
      cost: this.#costs.cost,
      errors: this.#errors.counts,
    } satisfies Partial<JobSummary>;
  }
}
