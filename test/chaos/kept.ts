import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from '../../src/servers';

export interface Keeping {
  name: string;
  /** Starts process number `generation` and waits until it is usable. */
  start: (generation: number) => Promise<Pick<Child, 'pid' | 'kill'> & Partial<Pick<Child, 'exit'>>>;
  /** Milliseconds of downtime after process number `generation`. */
  pause: (generation: number) => number;
  log: (message: string) => void;
}

/** A place for a process. A process that dies is replaced after a while. */
export class Kept {
  /** Processes that ended on their own or by their own orders. */
  ends = 0;
  #generation = 0;
  #child: Awaited<ReturnType<Keeping['start']>> | undefined;
  #killing = false;
  #closed = false;
  #working: Promise<void> = Promise.resolve();
  #thaw: NodeJS.Timeout | undefined;
  #frozenSince: number | undefined;
  /** Whether processes here are neither killed nor frozen from outside. */
  spared = false;
  /**
   * Every freeze of a process here, from and to, in milliseconds since 1970. One that was killed while frozen
   * is omitted: it never woke.
   */
  readonly freezes: { from: number; to: number; name: string }[] = [];

  readonly #keeping: Keeping;

  constructor(keeping: Keeping) {
    this.#keeping = keeping;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts the first process. */
  async open(): Promise<void> {
    await this.#start();
  }

  /** Sends SIGKILL. The next process starts after a while. @returns whether there was a process to kill */
  async kill(): Promise<boolean> {
    const child = this.#child;
    if (!child || this.#closed || this.spared) return false;
    this.#killing = true;
    await child.kill();
    this.#killing = false;
    this.#gone();
    return true;
  }

  /** Replaces the process by another one. */
  async renew(): Promise<void> {
    await this.#working;
    await this.kill();
    await this.#working;
  }

  get isFrozen(): boolean {
    return this.#frozenSince !== undefined;
  }

  /** Sends SIGSTOP, and SIGCONT later. @returns whether there was a process to freeze */
  freeze(ms: number): boolean {
    const pid = this.#child?.pid;
    if (pid === undefined || this.isFrozen || this.spared) return false;
    process.kill(pid, 'SIGSTOP');
    this.frozen(ms);
    return true;
  }

  /** Records that a process here froze itself. */
  frozen(ms: number): void {
    this.#frozenSince = Date.now();
    this.#thaw = setTimeout(() => this.thaw(), ms);
  }

  thaw(): void {
    if (this.#frozenSince === undefined) return;
    clearTimeout(this.#thaw);
    if (this.#child) process.kill(this.#child.pid, 'SIGCONT');
    this.freezes.push({ from: this.#frozenSince, to: Date.now(), name: this.#keeping.name });
    this.#frozenSince = undefined;
  }

  /** Ends the place permanently. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#working;
    await this.#child?.kill();
    clearTimeout(this.#thaw);
  }

  async #start(): Promise<void> {
    while (!this.#closed) {
      const generation = this.#generation++;
      try {
        const child = await this.#keeping.start(generation);
        this.#child = child;
        void child.exit?.then((how) => {
          if (this.#closed || this.#killing || this.#child !== child) return;
          this.ends += 1;
          this.#keeping.log(`${this.#keeping.name} ended with ${how}`);
          this.#gone();
        });
        return;
      } catch (error) {
        this.#keeping.log(`${this.#keeping.name} did not start: ${(error as Error).message}`);
        await sleep(500);
      }
    }
  }

  #gone(): void {
    clearTimeout(this.#thaw);
    this.#frozenSince = undefined;
    this.#child = undefined;
    this.#working = sleep(this.#keeping.pause(this.#generation)).then(() => this.#start());
  }
}
