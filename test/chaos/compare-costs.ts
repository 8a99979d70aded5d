import { isDeepStrictEqual } from 'node:util';
import { type Cost, CostSum } from '../../src/cost/cost';
import type { PriceList } from '../../src/cost/prices/prices';
import type { Usage } from '../../src/cost/prices/usage';
import { type PicoUsd, parseUsd, usdString } from '../../src/cost/prices/usd';
import type { RoundCost, StoredChunkSummary } from '../../src/job/job';
import type { KnownAttempt } from './attempts';

/** A batch of ours as the simulator billed it. */
export interface BilledBatch {
  id: string;
  createdAt: Date;
  /** Of each request that was answered. */
  usages: Usage[];
  /**
   * Of each request whose row a fault showed so that it cannot be understood; `undefined` of one that was not answered. A report may count them
   * as `unknown`, or have them from a better reply.
   */
  unreadable: (Usage | undefined)[];
  /** Who sent it, by the ledger. */
  sender: Pick<KnownAttempt, 'job' | 'chunk' | 'round' | 'state'>;
  /** It came to exist in the named window, and that is proved. */
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

/** What the store says that a job cost. */
export interface ReportedJob {
  id: string;
  prices: PriceList;
  chunks: Pick<StoredChunkSummary, 'chunk' | 'cost' | 'costs'>[];
  /** Of its summary; absent where there is none. */
  cost?: Cost;
}

/** Why a batch may be billed and in no report. There is no other reason. */
export interface Excused {
  /** Its job left no summary. */
  unreported: PicoUsd;
  /** It is not known whether the attempt became one, and the report counts its requests as `unknown`. */
  unresolved: PicoUsd;
  /** Its attempt was given up, and it came to exist in the named window. */
  late: PicoUsd;
  /** The row of the answer is unreadable, and the report counts it as `unknown`. */
  unreadable: PicoUsd;
  /** The answer of a request that was sent by itself was lost, and the report counts it as `unknown`. */
  lostCalls: PicoUsd;
}

export interface CostVerdict {
  billed: PicoUsd;
  /** The sum of the jobs' summaries. */
  reported: PicoUsd;
  excused: Excused;
  /** By how much books and reports differ in all; what is too much here does not make up for what is missing there. */
  unexplained: PicoUsd;
  violations: string[];
}

/** Compares what jobs say that they cost with what was billed for them: batch by batch, then all that is a sum of batches. */
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

/** The verdict in a line. */
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
  /** What no batch of the books has been found for yet. */
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
        `${told(entry)} says ${show(entry.cost)}, and ${show(cost)} was billed`,
      );
    } else if (late) verdict.excused.late += billed;
    else if (sender.state === 'unknown' && this.#isUnknown(ours, usages.length))
      verdict.excused.unresolved += billed;
    else if (usages.length > 0) {
      this.#violate(billed, `${job.id} says nothing of the batch ${id}, and ${show(cost)} was billed`);
    }
  }

  /** Which round made a call no book tells: those of a job are compared together. */
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
        `${id} says ${show(said)} of what it sent live, and ${show(known)} was billed`,
      );
    }
    if (unknown >= lost.length) this.verdict.excused.lostCalls += paid(lost);
    else
      this.#violate(
        paid(lost),
        `${id} lost ${lost.length} answers of what it sent live, and says ${unknown}`,
      );
  }

  /** What is reported of batches that were not billed for that job, chunk and round, or twice. */
  rest(): void {
    for (const entry of this.#entries) {
      if (entry.cost.requests === 0 && entry.cost.paid === NOTHING) continue;
      this.#violate(
        parseUsd(entry.cost.paid)!,
        `${told(entry)} says ${show(entry.cost)}, and nothing of that was billed`,
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
      `${name} says ${said ? show(said) : 'no cost'}, and its batches make ${show(sum)}`,
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

/** What a batch cost, with some of its rows unread. */
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

/** Every choice of some values, the empty one first. */
function subsets<T>(values: readonly T[]): T[][] {
  let sets: T[][] = [[]];
  for (const value of values) sets = sets.flatMap((set) => [set, [...set, value]]);
  return sets;
}

const isOf = (entry: Entry, { job, chunk, round }: Pick<Entry, 'job' | 'chunk' | 'round'>) =>
  entry.job === job && entry.chunk === chunk && entry.round === round;

/** What the books can know of a cost. Of a batch of which nothing was billed it may be unknown that it is nothing. */
function asBilled({ models, wasted, unknown, ...spent }: Cost): object {
  const each = Object.entries(models).map(([model, { wasted, ...of }]) => [model, of]);
  return { ...spent, models: Object.fromEntries(each), unknown: spent.requests > 0 ? unknown : undefined };
}

const told = ({ job, chunk, round, batch }: Entry) =>
  `${job.id}, chunk ${chunk}, round ${round}, ${batch ?? 'without a batch'},`;

const show = ({ paid, requests, tokens, unknown = 0 }: Cost) =>
  `${paid} USD for ${requests} requests (${JSON.stringify(tokens)}; ${unknown} unknown)`;
