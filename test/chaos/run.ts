import { setTimeout as sleep } from 'node:timers/promises';
import type { ReconcileOptions, Result } from 'temporal-anthropic-batch/client';
import { paramsDigest } from 'temporal-anthropic-batch/simulator';
import { openStore } from '../../src/store/location';
import { eventually } from '../support/eventually';
import { paramsOf } from '../support/template';
import { overBudget, raiseBudget, wrongBook } from './budget';
import { type LiveJob, meetFate, startJob, untilEnded } from './carry';
import { checkBooks } from './check-books';
import { checkJob, type JobEnd } from './check-job';
import type { Figures } from './figures';
import { firstOfEach, type PlannedJob, planJob } from './jobs';
import type { Random } from './random';
import { reconcile } from './reconcile';
import type { RunRecord } from './run-record';
import { STUCK_AFTER, TIMES } from './times';
import { unreadableRows } from './unreadable';
import type { World } from './world';

/** The jobs of a run, from their starts to the final checks. */
export class Run {
  readonly live = new Map<string, LiveJob>();
  proofs: string[] = [];
  readonly #ended: { job: LiveJob; end: JobEnd | undefined }[] = [];
  readonly #violations = new Set<string>();
  /** Documents whose answer is missing or wrong. */
  readonly #lost = new Set<string>();
  /** Digests of the requests that were answered live, by job. */
  readonly #answered = new Map<string, ReadonlySet<string>>();
  #jobs = 0;
  #deadline = Number.POSITIVE_INFINITY;

  readonly #world: World;
  readonly #random: Random;
  readonly #record: RunRecord;

  constructor(
    world: World,
    random: Random,
    readonly figures: Figures,
    record: RunRecord,
  ) {
    this.#world = world;
    this.#random = random;
    this.#record = record;
  }

  /** Starts no more jobs. Running ones get some time to end. */
  calm(): void {
    this.#deadline = Date.now() + STUCK_AFTER;
  }

  get #calm(): boolean {
    return this.#deadline !== Number.POSITIVE_INFINITY;
  }

  /** Runs one job after another. */
  async lane(): Promise<void> {
    while (!this.#calm) {
      const number = this.#jobs++;
      const plan = planJob(this.#random.of(number), number);
      const job = await startJob(this.#world, plan, {
        wanted: () => !this.#calm,
        log: (message) => this.#record.log('jobs', message),
      });
      if (job) await this.#carry(job);
    }
  }

  async #carry(job: LiveJob): Promise<void> {
    const world = this.#world;
    const figures = this.figures;
    const record = this.#record;
    const { id } = job.plan;
    record.log(
      'jobs',
      `${id} started: ${JSON.stringify({ ...job.plan, documents: job.plan.documents.length })}`,
    );
    this.live.set(id, job);
    figures.documents += job.plan.documents.length;
    figures.equal += job.plan.documents.length - firstOfEach(job.plan).size;
    const violate = (text: string) => this.#violate(text);
    const fates = [
      meetFate(world, job, figures),
      raiseBudget(job, { api: world.api, violate }).then((raised) => {
        if (raised) figures.budgetsRaised += 1;
      }),
    ];
    const end = await this.#untilHome(job);
    this.live.delete(id);
    this.#ended.push({ job, end });
    await Promise.all(fates);
    record.log('jobs', `${id} ${end ?? 'is stuck'}`);
    if (!end) {
      figures.stuckJobs += 1;
      this.#violations.add(
        `${id} is stuck: it did not end within ${STUCK_AFTER / 1_000} s after the last fault`,
      );
      return;
    }
    figures.jobs[end] += 1;
    await this.#check(job, end, { open: true });
  }

  /**
   * Waits for a job's end. A job without a summary, because it was terminated, has ended once it is
   * reconciled.
   */
  async #untilHome(job: LiveJob): Promise<JobEnd | undefined> {
    const world = this.#world;
    const figures = this.figures;
    const { fate, id } = job.plan;
    const end = await untilEnded(world, job, figures, this.#inTime);
    if (end === undefined || (await job.handle.summary())) return end;
    const cancel = fate.kind === 'terminate' && fate.cancel;
    return (await this.#reconcile({ job: id, cancel })) ? end : undefined;
  }

  readonly #inTime = () => Date.now() < this.#deadline;

  #reconcile(options: ReconcileOptions): Promise<boolean> {
    const log = (message: string) => this.#record.log('jobs', message);
    return reconcile(this.#world, options, { inTime: this.#inTime, log });
  }

  #violate(violation: string): void {
    this.#record.log('jobs', `VIOLATION ${violation}`);
    this.#violations.add(violation);
  }

  /** @param left.open whether it may have left something open that a later check finds */
  async #check({ plan, handle, cut }: LiveJob, end: JobEnd, left: { open: boolean }): Promise<void> {
    const results: Result[] = [];
    for await (const result of handle.results()) results.push(result);
    const { violations, lost, odd } = checkJob({
      plan,
      end,
      cut,
      ...left,
      unplanned: (await handle.summary())?.chunks === 0,
      results,
      billed: await this.#world.api.billed(),
      unreadable: unreadableRows(await this.#world.api.oddRows()),
    });
    if (!left.open) {
      this.figures.oddRows += odd.length;
      this.#answered.set(plan.id, answeredLive(plan, results));
    }
    for (const document of lost) this.#lost.add(`${plan.id} ${document}`);
    for (const violation of violations) this.#violate(violation);
    if (end === 'terminated' && !left.open) {
      this.figures.collected += results.filter(({ status }) => status === 'succeeded').length;
    }
  }

  /**
   * Reconciles the jobs after the last fault. All that jobs left open is then found, and nothing that was
   * billed is missing.
   */
  async #bringAllHome(): Promise<void> {
    this.calm();
    if (!(await this.#reconcile({}))) this.#violations.add('what jobs left open was not reconciled');
    for (const { job, end } of this.#ended) {
      if (end) await this.#check(job, end, { open: false });
      for (const problem of [
        await overBudget(this.#world.api, job.plan, job.raised),
        end && (await wrongBook(job)),
      ]) {
        if (problem) this.#violate(problem);
      }
    }
  }

  /** Checks the books of the whole run, once nothing is in flight. */
  async conclude(): Promise<string[]> {
    const world = this.#world;
    const figures = this.figures;
    // By then, all that a frozen process still had to send exists.
    await sleep(TIMES.existence);
    await eventually(
      async () => (await world.api.batches()).every((batch) => batch.processing_status === 'ended'),
      { timeout: 60_000, interval: 500, what: 'the end of every batch' },
    );
    await this.#bringAllHome();
    const freezes = world.workers.flatMap((worker) => worker.freezes);
    const books = await checkBooks({
      api: world.api,
      store: await openStore(world.store.location),
      jobs: this.#ended.map(({ job }) => ({
        ...job,
        answered: this.#answered.get(job.plan.id) ?? new Set(),
      })),
      freezes,
    });
    const { violations, proofs, ...counts } = books;
    Object.assign(figures, counts);
    figures.lostRows = this.#lost.size;
    figures.longFreezes = freezes.filter(({ from, to }) => to - from > (TIMES.grace ?? 0)).length;
    figures.httpFaults = world.api.fired;
    figures.requestFaults = await failedRequests(world);
    this.proofs = proofs;
    // A run without jobs proves nothing.
    if (this.#ended.length === 0) violations.push('no job was ever started');
    return [...this.#violations, ...violations];
  }
}

/** Returns the digests of the requests that were answered live. */
function answeredLive({ documents }: PlannedJob, results: readonly Result[]): Set<string> {
  const singly = documents.filter((_, index) => {
    const { status, batch_id } = results[index] ?? {};
    return status === 'succeeded' && batch_id === null;
  });
  return new Set(singly.map(({ text }) => paramsDigest(paramsOf(text))));
}

/** Returns the number of requests that failed as ordered. */
async function failedRequests({ api }: World): Promise<number> {
  const { batches } = await api.books();
  return batches
    .filter(({ canceled }) => !canceled)
    .reduce((sum, { counts }) => sum + counts.errored + counts.canceled + counts.expired, 0);
}
