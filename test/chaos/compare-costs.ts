import { isDeepStrictEqual } from 'node:util';
import { type Cost, CostSum } from '../../src/cost/cost';
import type { PriceList } from '../../src/cost/prices/prices';
import type { Usage } from '../../src/cost/prices/usage';
import { type PicoUsd, parseUsd, usdString } from '../../src/cost/prices/usd';
import type { RoundCost, StoredChunkSummary } from '../../src/job/job';
import type { KnownAttempt } from './attempts';

/** One of our batches as the simulator billed it. */
export interface BilledBatch {
  id: string;
  createdAt: Date;
  /** The usage of each answered request. */
  usages: Usage[];
  /**
   * The usage of each request whose row a fault made impossible to understand; `undefined` if it was not
   * answered. A report may count them as `unknown`, or have them from a better reply.
   */
  unreadable: (Usage | undefined)[];
  /** The sender, according to the ledger. */
  sender: Pick<KnownAttempt, 'job' | 'chunk' | 'round' | 'state'>;
  /** The batch was provably created in the named window. */
  late: boolean;
}

/** Requests of a job that were sent live, as the simulator billed them. */
export interface BilledCalls {
  job: string;
  /** Those whose answer a document has. */
  answered: Usage[];
  /** All others: their answers were lost. */
  lost: Usage[];
}

/** The costs of a job, according to the store. */
export interface ReportedJob {
  id: string;
  prices: PriceList;
  chunks: Pick<StoredChunkSummary, 'chunk' | 'cost' | 'costs'>[];
  /** The summary's cost. Unset if there is no summary. */
  cost?: Cost;
}

/** The only reasons why a batch may be billed but not reported. */
export interface Excused {
  /** Its job left no summary. */
  unreported: PicoUsd;
  /** It is unknown whether the attempt bought it, and the report counts its requests as `unknown`. */
  unresolved: PicoUsd;
  /** Its attempt was presumed lost, and it was created in the named window. */
  late: PicoUsd;
  /** The answer's row is unreadable, and the report counts it as `unknown`. */
  unreadable: PicoUsd;
  /** The answer to a live request was lost, and the report counts it as `unknown`. */
  lostCalls: PicoUsd;
}

export interface CostVerdict {
  billed: PicoUsd;
  /** The sum of the jobs' summaries. */
  reported: PicoUsd;
  excused: Excused;
  /**
   * The total of all differences between books and reports. An excess in one place does not offset a gap in
   * another.
   */
  unexplained: PicoUsd;
  violations: string[];
}

/**
 * Compares the costs that jobs report with what was billed for them: batch by batch, then all sums of
 * batches.
 */
export function compareCosts(
  batches: readonly BilledBatch[],
  jobs: readonly ReportedJob[],
  calls: readonly BilledCalls[] = [],
): CostVerdict {
  const comparison = new Comparison(jobs);
  for (const batch of batches) comparison.batch(batch);
  for (const each of calls) comparison.calls(each);
  comparison.rest();
  for (const job of jobs) comparison.sums(job);
  return comparison.verdict;
}

/** Formats the verdict as a line. */
export function tellCosts({ billed, reported, excused, unexplained }: CostVerdict): string {
  const amounts: [string, PicoUsd][] = [
    ['billed', billed],
    ['reported', reported],
    ['unexplained', unexplained],
    ['inside the named window', excused.late],
    ['unresolved', excused.unresolved],
    ['of jobs without a summary', excused.unreported],
    ['of rows that cannot be understood', excused.unreadable],
    ['of calls whose answer was lost', excused.lostCalls],
  ];
  return amounts
    .filter(([, amount], index) => index < 3 || amount > 0n)
    .map(([name, amount]) => `${name} ${usdString(amount)} USD`)
    .join(', ');
}

interface Entry extends RoundCost {
  job: ReportedJob;
  chunk: number;
}

class Comparison {
  readonly verdict: CostVerdict = {
    billed: 0n,
    reported: 0n,
    excused: { unreported: 0n, unresolved: 0n, late: 0n, unreadable: 0n, lostCalls: 0n },
    unexplained: 0n,
    violations: [],
  };
  readonly #jobs: Map<string, ReportedJob>;
  /** Entries for which no batch of the books was found yet. */
  readonly #entries = new Set<Entry>();

  constructor(jobs: readonly ReportedJob[]) {
    this.#jobs = new Map(jobs.map((job) => [job.id, job]));
    for (const job of jobs) {
      for (const { chunk, costs = [] } of job.chunks) {
        for (const cost of costs) this.#entries.add({ ...cost, job, chunk });
      }
    }
  }

  batch(batch: BilledBatch): void {
    const { id, usages, sender, late } = batch;
    const { verdict } = this;
    const job = this.#jobs.get(sender.job)!;
    const cost = costOf(batch, job.prices);
    const billed = parseUsd(cost.paid)!;
    verdict.billed += billed;
    const ours = { job, chunk: sender.chunk, round: sender.round };
    const entry = this.#take(ours, id);
    if (!job.cost) verdict.excused.unreported += billed;
    else if (entry) {
      for (const unread of subsets(batch.unreadable)) {
        const known = costOf(batch, job.prices, unread);
        if (!isDeepStrictEqual(asBilled(entry.cost), asBilled(known))) continue;
        verdict.excused.unreadable += billed - parseUsd(known.paid)!;
        return;
      }
      this.#violate(
        billed - parseUsd(entry.cost.paid)!,
        `${told(entry)} reports ${show(entry.cost)}, but ${show(cost)} was billed`,
      );
    } else if (late) verdict.excused.late += billed;
    else if (sender.state === 'unknown' && this.#isUnknown(ours, usages.length))
      verdict.excused.unresolved += billed;
    else if (usages.length > 0) {
      this.#violate(billed, `${job.id} does not report the batch ${id}, but ${show(cost)} was billed`);
    }
  }

  /** No book records which round made a call, so a job's calls are compared together. */
  calls({ job: id, answered, lost }: BilledCalls): void {
    const job = this.#jobs.get(id)!;
    const paid = (usages: Usage[]) => parseUsd(costOf({ usages, createdAt: new Date() }, job.prices).paid)!;
    this.verdict.billed += paid(answered) + paid(lost);
    const reported = new CostSum();
    for (const entry of this.#entries) {
      if (entry.job !== job || !entry.live) continue;
      this.#entries.delete(entry);
      reported.addCost(entry.cost);
    }
    if (!job.cost) {
      this.verdict.excused.unreported += paid(answered) + paid(lost);
      return;
    }
    const { unknown = 0, ...said } = reported.cost;
    const known = costOf({ usages: answered, createdAt: new Date() }, job.prices);
    if (!isDeepStrictEqual(asBilled(said), asBilled(known))) {
      this.#violate(
        parseUsd(known.paid)! - parseUsd(said.paid)!,
        `${id} reports ${show(said)} for its live requests, but ${show(known)} was billed`,
      );
    }
    if (unknown >= lost.length) this.verdict.excused.lostCalls += paid(lost);
    else
      this.#violate(
        paid(lost),
        `${id} lost ${lost.length} answers to its live requests, but reports ${unknown}`,
      );
  }

  /** Finds reports of batches that were not billed for that job, chunk and round, or are reported twice. */
  rest(): void {
    for (const entry of this.#entries) {
      if (entry.cost.requests === 0 && entry.cost.paid === NOTHING) continue;
      this.#violate(
        parseUsd(entry.cost.paid)!,
        `${told(entry)} reports ${show(entry.cost)}, but none of it was billed`,
      );
    }
  }

  sums({ id, chunks, cost }: ReportedJob): void {
    const all = new CostSum();
    for (const { chunk, costs = [], cost: whole } of chunks) {
      const sum = new CostSum();
      for (const each of costs) sum.addCost(each.cost);
      all.addCost(sum.cost);
      this.#compareSum(`${id}, chunk ${chunk},`, whole, sum.cost);
    }
    if (!cost) return;
    this.verdict.reported += parseUsd(cost.paid)!;
    this.#compareSum(id, cost, all.cost);
  }

  #compareSum(name: string, said: Cost | undefined, sum: Cost): void {
    if (isDeepStrictEqual(said, sum)) return;
    const difference = parseUsd(said?.paid ?? NOTHING)! - parseUsd(sum.paid)!;
    this.#violate(
      difference,
      `${name} reports ${said ? show(said) : 'no cost'}, but its batches add up to ${show(sum)}`,
    );
  }

  #take(ours: Pick<Entry, 'job' | 'chunk' | 'round'>, batch: string): Entry | undefined {
    for (const entry of this.#entries) {
      if (entry.batch !== batch || !isOf(entry, ours)) continue;
      this.#entries.delete(entry);
      return entry;
    }
    return undefined;
  }

  #isUnknown(ours: Pick<Entry, 'job' | 'chunk' | 'round'>, requests: number): boolean {
    return [...this.#entries].some(
      (entry) =>
        entry.batch === undefined &&
        !entry.live &&
        isOf(entry, ours) &&
        (entry.cost.unknown ?? 0) >= requests,
    );
  }

  #violate(difference: PicoUsd, text: string): void {
    this.verdict.unexplained += difference < 0n ? -difference : difference;
    this.verdict.violations.push(text);
  }
}

const NOTHING = '0.00';

/** Returns the cost of a batch, with some of its rows unread. */
function costOf(
  { usages, createdAt }: Pick<BilledBatch, 'usages' | 'createdAt'>,
  prices: PriceList,
  unread: readonly (Usage | undefined)[] = [],
): Cost {
  const sum = new CostSum();
  for (const usage of usages) {
    if (!unread.includes(usage)) sum.addAnswer(usage, { prices, date: createdAt, useful: true });
  }
  sum.addUnknown(unread.length);
  return sum.cost;
}

/** Returns every subset of some values, the empty one first. */
function subsets<T>(values: readonly T[]): T[][] {
  let sets: T[][] = [[]];
  for (const value of values) sets = sets.flatMap((set) => [set, [...set, value]]);
  return sets;
}

const isOf = (entry: Entry, { job, chunk, round }: Pick<Entry, 'job' | 'chunk' | 'round'>) =>
  entry.job === job && entry.chunk === chunk && entry.round === round;

/**
 * Returns the part of a cost that the books can confirm. If nothing was billed for a batch, the report may
 * not know that.
 */
function asBilled({ models, wasted, unknown, ...spent }: Cost): object {
  const each = Object.entries(models).map(([model, { wasted, ...of }]) => [model, of]);
  return { ...spent, models: Object.fromEntries(each), unknown: spent.requests > 0 ? unknown : undefined };
}

const told = ({ job, chunk, round, batch }: Entry) =>
  `${job.id}, chunk ${chunk}, round ${round}, ${batch ?? 'without a batch'},`;

const show = ({ paid, requests, tokens, unknown = 0 }: Cost) =>
  `${paid} USD for ${requests} requests (${JSON.stringify(tokens)}; ${unknown} unknown)`;
