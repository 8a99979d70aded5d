import { setTimeout as sleep } from 'node:timers/promises';
import { openStore } from '../../src/store/location';
import { eventually } from '../support/eventually';
import { type LiveJob, meetFate, readResults, startJob, untilEnded } from './carry';
import { checkBooks } from './check-books';
import { checkJob } from './check-job';
import { Figures } from './figures';
import { Fire } from './fire';
import { planJob } from './jobs';
import { Random } from './random';
import { RunRecord } from './run-record';
import { schedule } from './schedule';
import { STUCK_AFTER, TIMES } from './times';
import { openWorld, type World } from './world';

/** Jobs at once. */
const LANES = 4;

export interface ChaosOptions {
  seed: string;
  /** How long things go wrong; the jobs that run then are waited for. */
  minutes: number;
  /** Path of the Temporal CLI. */
  executable: string;
  /** A small disk of this run's own, to be filled; without one the workers play it. */
  mount?: string;
}

export interface ChaosReport {
  figures: Figures;
  /** What must not be, each in a sentence. */
  violations: string[];
  /** How each double payment inside the named window came about. */
  proofs: string[];
  /** What the disk was. */
  disk: string;
  /** The record's folder; absent when nothing was violated. */
  record?: string;
}

/** Runs jobs while everything around them dies, and compares what came of them with the books. */
export async function runChaos({ seed, minutes, executable, mount }: ChaosOptions): Promise<ChaosReport> {
  const random = new Random(seed);
  const record = new RunRecord(seed);
  const figures = new Figures();
  const happenings = schedule(random.of('schedule'), minutes * 60_000);
  record.json('schedule.json', happenings);
  const world = await openWorld({ random, record, figures, executable, mount });
  try {
    const run = new Run(world, random.of('jobs'), figures, record);
    const lanes = Array.from({ length: LANES }, () => run.lane());
    const fire = new Fire(world, figures, record, run.live);
    await fire.burn(happenings);
    await fire.quench();
    run.calm();
    await Promise.all(lanes);
    const violations = await run.conclude();
    return await report(world, run, record, violations);
  } finally {
    await world.close();
  }
}

async function report(world: World, run: Run, record: RunRecord, violations: string[]): Promise<ChaosReport> {
  const { figures, proofs } = run;
  const told = { figures, violations, proofs, disk: world.disk.kind };
  if (violations.length === 0) {
    record.remove();
    return told;
  }
  record.json('report.json', told);
  record.json('books.json', await world.api.books());
  record.keepFolder('store', world.disk.folder);
  return { ...told, record: record.folder };
}

class Run {
  readonly live = new Map<string, LiveJob>();
  proofs: string[] = [];
  readonly #ended: LiveJob[] = [];
  readonly #violations: string[] = [];
  #jobs = 0;
  #deadline = Number.POSITIVE_INFINITY;

  constructor(
    private readonly world: World,
    private readonly random: Random,
    readonly figures: Figures,
    private readonly record: RunRecord,
  ) {}

  /** No further job is started, and those that run have a while to end. */
  calm(): void {
    this.#deadline = Date.now() + STUCK_AFTER;
  }

  get #calm(): boolean {
    return this.#deadline !== Number.POSITIVE_INFINITY;
  }

  /** One job after the other. */
  async lane(): Promise<void> {
    while (!this.#calm) {
      const number = this.#jobs++;
      const plan = planJob(this.random.of(number), number);
      const job = await startJob(this.world, plan, {
        wanted: () => !this.#calm,
        log: (message) => this.record.log('jobs', message),
      });
      if (job) await this.#carry(job);
    }
  }

  async #carry(job: LiveJob): Promise<void> {
    const { world, figures, record } = this;
    const { id } = job.plan;
    record.log(
      'jobs',
      `${id} started: ${JSON.stringify({ ...job.plan, documents: job.plan.documents.length })}`,
    );
    this.live.set(id, job);
    figures.documents += job.plan.documents.length;
    const fate = meetFate(world, job, figures);
    const end = await untilEnded(world, job, figures, () => Date.now() < this.#deadline);
    this.live.delete(id);
    this.#ended.push(job);
    await fate;
    record.log('jobs', `${id} ${end ?? 'is stuck'}`);
    if (!end) {
      figures.stuckJobs += 1;
      this.#violations.push(
        `${id} is stuck: it did not end within ${STUCK_AFTER / 1_000} s after the last fault`,
      );
      return;
    }
    figures.jobs[end] += 1;
    const verdict = checkJob({
      plan: job.plan,
      end,
      unplanned: (await job.handle.summary())?.chunks === 0,
      results: await readResults(job),
      billed: await world.api.billed(),
    });
    figures.lostRows += verdict.lostRows;
    for (const violation of verdict.violations) record.log('jobs', `VIOLATION ${violation}`);
    this.#violations.push(...verdict.violations);
  }

  /** The books of the whole run, once nothing is under way any more. */
  async conclude(): Promise<string[]> {
    const { world, figures } = this;
    // What a frozen process still had in hand exists by then.
    await sleep(TIMES.existence);
    await eventually(
      async () => (await world.api.batches()).every((batch) => batch.processing_status === 'ended'),
      { timeout: 60_000, interval: 500, what: 'the end of every batch' },
    );
    const freezes = world.workers.flatMap((worker) => worker.freezes);
    const books = await checkBooks({
      api: world.api,
      store: await openStore(world.disk.folder),
      jobs: this.#ended,
      freezes,
    });
    const { violations, proofs, ...counts } = books;
    Object.assign(figures, counts);
    figures.longFreezes = freezes.filter(({ from, to }) => to - from > (TIMES.grace ?? 0)).length;
    figures.httpFaults = world.api.fired;
    figures.requestFaults = await failedRequests(world);
    this.proofs = proofs;
    // A run that did nothing shows nothing.
    if (this.#ended.length === 0) violations.push('no job was ever started');
    return [...this.#violations, ...violations];
  }
}

/** Requests that failed as they were ordered to. */
async function failedRequests({ api }: World): Promise<number> {
  const { batches } = await api.books();
  return batches
    .filter(({ canceled }) => !canceled)
    .reduce((sum, { counts }) => sum + counts.errored + counts.canceled + counts.expired, 0);
}
