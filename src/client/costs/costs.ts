import { type Cost, CostSum, costOfModel, unknownCost } from '../../cost/cost';
import { parseUsd } from '../../cost/prices/usd';
import { isDeterministic } from '../../job/failure';
import type { JobRef } from '../../job/job';
import { parseMoment } from '../../job-spec/moment';
import { TAG_NAME } from '../../job-spec/options';
import { show } from '../../job-spec/show';
import type { NormalizedSpec } from '../../job-spec/spec';
import { SpecError, type SpecProblem } from '../../job-spec/validation-errors';
import { findSummary } from '../../records/chunk-results';
import { keys } from '../../records/keys';
import { storedJobs } from '../../records/stored-jobs';
import { DamagedKeyError, type Store } from '../../store/store';

/** The grouping of costs. `tag:team` groups by the values of the tag `team`. */
export type CostsBy = 'job' | 'model' | 'schedule' | `tag:${string}`;

/** The options of `BatchClient.costs`. */
export interface CostsOptions {
  /**
   * Only jobs that ended then or later: an ISO 8601 date or time, in UTC if it has no zone, or an age such as
   * `7d`. Default: all.
   */
  since?: Date | string;
  /** Only jobs that ended earlier, in the same form. Default: all. */
  until?: Date | string;
  /** The grouping. Default `job`. */
  by?: CostsBy;
}

/** The total cost of some jobs. */
export interface JobsCost {
  /** The number of jobs that contributed. */
  jobs: number;
  cost: Cost;
}

/** The cost of one group of jobs. */
export interface CostGroup extends JobsCost {
  /** The job id, the model, the schedule id or the tag's value. `null` groups jobs without one. */
  name: string | null;
}

/** The costs of a store's jobs that ended in a period. */
export interface Costs {
  by: CostsBy;
  since?: Date;
  until?: Date;
  /** The groups, the most expensive first. */
  groups: CostGroup[];
  total: JobsCost;
  /**
   * The number of jobs that started before `until` and have no summary: running or terminated. Not counted
   * elsewhere.
   */
  unended: number;
  /** The unreadable keys of the store. The job of each is not counted elsewhere. */
  damaged: string[];
}

/** Adds up the summaries of a store's jobs, one at a time. */
export async function costs(store: Store, options: CostsOptions): Promise<Costs> {
  const { since, until, by } = readOptions(options);
  const groups = new Map<string | null, Sum>();
  const total = new Sum();
  let unended = 0;
  const damaged: string[] = [];
  const onDamaged = ({ key }: DamagedKeyError) => damaged.push(key);
  for await (const { job, spec, begun } of storedJobs(store, { onDamaged })) {
    const found = await endedJob(store, job).catch((error) => {
      if (!(error instanceof DamagedKeyError)) throw error;
      onDamaged(error);
      return 'damaged' as const;
    });
    if (found === 'damaged') continue;
    if (!found && (!until || begun < until)) unended++;
    if (!found || !isWithin(found.ended, { since, until })) continue;
    const { cost } = found;
    total.add(cost);
    for (const [name, part] of partsOf(cost, spec, by)) {
      const group = groups.get(name) ?? new Sum();
      groups.set(name, group);
      group.add(part);
    }
  }
  const sorted = [...groups].map(([name, group]) => ({ name, ...group.result })).sort(dearestFirst);
  return { by, since, until, groups: sorted, total: total.result, unended, damaged };
}

const isWithin = (time: Date, { since, until }: { since?: Date; until?: Date }): boolean =>
  !(since && time < since) && !(until && time >= until);

/**
 * Returns an ended job's cost, or `undefined`.
 *
 * @throws {DamagedKeyError} if its summary has no readable cost.
 */
async function endedJob(store: Store, job: JobRef) {
  const summary = await findSummary(store, job);
  if (!summary) return undefined;
  try {
    const { cost, endedAt } = summary;
    // A trial sum finds a damaged cost before half of it is in a real sum.
    new Sum().add(cost);
    return { ended: new Date(endedAt), cost };
  } catch (error) {
    if (!isDeterministic(error)) throw error;
    throw new DamagedKeyError(store, keys.summary(job), `its costs cannot be read (${error.message})`);
  }
}

class Sum {
  #jobs = 0;
  readonly #cost = new CostSum();

  add(cost: Cost): void {
    this.#jobs++;
    this.#cost.addCost(cost);
  }

  get result(): JobsCost {
    return { jobs: this.#jobs, cost: this.#cost.cost };
  }
}

function readOptions({ since, until, by = 'job' }: CostsOptions) {
  const problems: SpecProblem[] = [];
  const now = Date.now();
  const time = (option: string, value: Date | string | undefined) => {
    const moment = value === undefined ? undefined : parseMoment(value, now);
    if (value !== undefined && !moment) {
      const message =
        `\`${option}\` must be a date such as 2026-11-01, a time such as 2026-11-01T18:00Z, or an age ` +
        `such as 7d (got ${show(value)}).`;
      problems.push({ option, message });
    }
    return moment;
  };
  const period = { since: time('since', since), until: time('until', until) };
  if (period.since && period.until && period.since > period.until) {
    const message = `\`since\` must not be after until, which is ${show(until)} (got ${show(since)}).`;
    problems.push({ option: 'since', message });
  }
  if (!isBy(by)) {
    const message = `\`by\` must be job, model, schedule, or tag:NAME such as tag:team (got ${show(by)}).`;
    problems.push({ option: 'by', message });
  }
  if (problems.length > 0) throw new SpecError(problems);
  return { ...period, by };
}

const TAG = 'tag:';

function isBy(by: unknown): by is CostsBy {
  if (typeof by !== 'string') return false;
  return (
    ['job', 'model', 'schedule'].includes(by) || (by.startsWith(TAG) && TAG_NAME.test(by.slice(TAG.length)))
  );
}

type Part = [name: string | null, cost: Cost];

function partsOf(cost: Cost, { id, schedule, tags = {} }: NormalizedSpec, by: CostsBy): Part[] {
  if (by === 'job') return [[id, cost]];
  if (by === 'schedule') return [[schedule ?? null, cost]];
  if (by === 'model') {
    const models = Object.entries(cost.models).map(
      ([model, spent]): Part => [model, costOfModel(model, spent)],
    );
    return cost.unknown ? [...models, [null, unknownCost(cost.unknown)]] : models;
  }
  const tag = by.slice(TAG.length);
  return [[Object.hasOwn(tags, tag) ? tags[tag]! : null, cost]];
}

function dearestFirst(a: CostGroup, b: CostGroup): number {
  const [paidA, paidB] = [parseUsd(a.cost.paid)!, parseUsd(b.cost.paid)!];
  if (paidA !== paidB) return paidA > paidB ? -1 : 1;
  return (a.name ?? '') < (b.name ?? '') ? -1 : 1;
}
