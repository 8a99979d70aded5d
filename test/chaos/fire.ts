import { setTimeout as sleep } from 'node:timers/promises';
import type { LiveJob } from './carry';
import type { Figures } from './figures';
import { sendJunk } from './junk';
import { chunksOf, runningParts } from './parts';
import { resetRunning } from './reset';
import type { RunRecord } from './run-record';
import type { Happening } from './schedule';
import type { World } from './world';

/** Carries out the schedule, each event at its time. */
export class Fire {
  #strangers = 0;
  /** Changes of faults and of the disk are serialized. */
  #faults: Promise<unknown> = Promise.resolve();
  #disk: Promise<unknown> = Promise.resolve();

  readonly #world: World;
  readonly #figures: Figures;
  readonly #record: RunRecord;
  readonly #live: ReadonlyMap<string, LiveJob>;

  constructor(
    world: World,
    figures: Figures,
    record: RunRecord,
    /** The running jobs. */
    live: ReadonlyMap<string, LiveJob>,
  ) {
    this.#world = world;
    this.#figures = figures;
    this.#record = record;
    this.#live = live;
  }

  async burn(happenings: readonly Happening[]): Promise<void> {
    const began = Date.now();
    const open: Promise<void>[] = [];
    for (const happening of happenings) {
      await sleep(Math.max(0, began + happening.at - Date.now()));
      open.push(this.#happen(happening));
    }
    await Promise.all(open);
  }

  /** Ends lasting faults. Nothing disturbs the run from now on. */
  async quench(): Promise<void> {
    this.#world.calm();
    await this.#disk;
    for (const place of this.#world.workers) place.thaw();
    await this.#faults;
    await this.#world.api.program({});
  }

  async #happen(happening: Happening): Promise<void> {
    try {
      const did = await this.#do(happening);
      this.#record.log('happenings', `${did ? '' : 'not possible: '}${JSON.stringify(happening)}`);
    } catch (error) {
      this.#record.log('happenings', `failed: ${JSON.stringify(happening)}: ${(error as Error).message}`);
    }
  }

  async #do(happening: Happening): Promise<unknown> {
    const world = this.#world;
    const figures = this.#figures;
    switch (happening.kind) {
      case 'kill':
        return this.#kill(happening.target);
      case 'freeze': {
        const froze = this.#worker(happening.target).freeze(happening.ms);
        if (froze) figures.freezes += 1;
        return froze;
      }
      case 'reset':
        return this.#reset(happening);
      case 'terminate':
        return this.#terminate(happening);
      case 'pause':
        return this.#pause(happening);
      case 'window': {
        const froze = await world.openWindow(happening.target === 'worker-0' ? 0 : 1, happening.ms);
        if (froze) figures.windows += 1;
        return froze;
      }
      case 'faults':
        this.#faults = this.#faults.then(() => world.api.program(happening.spec));
        await this.#faults;
        return true;
      case 'stranger':
        await world.api.stranger(this.#strangers++, happening.size, happening.like);
        return true;
      case 'full-disk':
        return this.#fill(happening);
      case 'junk':
        return this.#junk(happening);
      case 'clock':
        await world.api.moveClock(happening.ms);
        figures.clockSteps += 1;
        return true;
    }
  }

  #worker = (target: 'worker-0' | 'worker-1') => this.#world.workers[target === 'worker-0' ? 0 : 1];

  async #kill(target: Extract<Happening, { kind: 'kill' }>['target']): Promise<boolean> {
    const world = this.#world;
    const figures = this.#figures;
    if (target === 'temporal') {
      const killed = await world.temporal.kill();
      if (killed) figures.temporalKills += 1;
      return killed;
    }
    if (target === 'simulator') {
      const killed = await world.simulator.kill();
      if (killed) figures.simulatorKills += 1;
      return killed;
    }
    const killed = await this.#worker(target).kill();
    if (killed) figures.workerKills += 1;
    return killed;
  }

  async #fill({ ms }: Extract<Happening, { kind: 'full-disk' }>): Promise<boolean> {
    const { disk } = this.#world.store;
    if (!disk) return false;
    this.#disk = this.#disk.then(async () => {
      await disk.fill();
      this.#figures.fullDisks += 1;
      await sleep(ms);
      await disk.free();
    });
    await this.#disk;
    return true;
  }

  async #reset({ of, which, where }: Extract<Happening, { kind: 'reset' }>): Promise<boolean> {
    const { client } = this.#world;
    const workflowId = of === 'job' ? this.#job(which)?.plan.id : (await this.#part(which))?.part;
    const done = workflowId !== undefined && (await resetRunning(client, workflowId, where));
    if (done) this.#figures[of === 'job' ? 'jobResets' : 'partResets'] += 1;
    return done;
  }

  async #terminate({ which }: Extract<Happening, { kind: 'terminate' }>): Promise<boolean> {
    const found = await this.#part(which);
    if (!found) return false;
    // Recorded before the call, because the job may end with it.
    for (const chunk of chunksOf(found.part, found.job.plan)) found.job.cut.add(chunk);
    await this.#world.client.workflow.getHandle(found.part).terminate('chaos');
    this.#figures.partTerminations += 1;
    return true;
  }

  async #pause({ which, ms }: Extract<Happening, { kind: 'pause' }>): Promise<boolean> {
    const job = this.#job(which);
    if (!job) return false;
    // Set before the call, because a pause with a lost answer takes effect too.
    job.resumeAt = Date.now() + ms;
    await job.handle.pause();
    this.#figures.pauses += 1;
    return true;
  }

  async #junk({ of, which, junk }: Extract<Happening, { kind: 'junk' }>): Promise<boolean> {
    const workflowId = of === 'job' ? this.#job(which)?.plan.id : (await this.#part(which))?.part;
    if (workflowId === undefined) return false;
    await sendJunk(this.#world.client, workflowId, junk);
    this.#figures.junkSignals += 1;
    return true;
  }

  #job(which: number): LiveJob | undefined {
    const running = [...this.#live.values()].filter(({ closed }) => !closed);
    return running[Math.floor(which * running.length)];
  }

  /**
   * Selects a part by a different fraction of the same number, so that not only the first part of each job is
   * affected.
   */
  async #part(which: number): Promise<{ job: LiveJob; part: string } | undefined> {
    const jobs = [...this.#live.values()];
    const job = jobs[Math.floor(which * jobs.length)];
    if (!job) return undefined;
    const parts = await runningParts(this.#world.client, job.plan.id);
    const part = parts[Math.floor(((which * 1_000) % 1) * parts.length)];
    return part === undefined ? undefined : { job, part };
  }
}
