import { join } from 'node:path';
import { readJsonFile, replaceFile } from '../files';

/**
 * The simulator's time: a base clock plus an offset. It determines everything that the API dates
 * (`created_at`, the end of a batch, expiry, archiving, the `Date` header). The offset is stored on disk, so
 * that time does not jump back at a restart.
 */
export class Clock {
  readonly #file: string;
  readonly #base: () => number | Promise<number>;
  #offset: number;

  /** @internal */
  constructor(dir: string, base: () => number | Promise<number>) {
    this.#base = base;
    this.#file = join(dir, 'clock.json');
    this.#offset = readJsonFile<{ offset: number }>(this.#file)?.offset ?? 0;
  }

  /** Milliseconds since 1970. */
  async now(): Promise<number> {
    return (await this.#base()) + this.#offset;
  }

  /** Sets the clock to a moment (milliseconds since 1970), from which it goes on. */
  async set(time: number): Promise<void> {
    this.#move(time - (await this.#base()));
  }

  /** Advances the clock by `ms` milliseconds. */
  advance(ms: number): void {
    this.#move(this.#offset + ms);
  }

  #move(offset: number): void {
    if (!Number.isFinite(offset))
      throw new TypeError(`The clock requires a finite time in milliseconds (got ${offset}).`);
    this.#offset = offset;
    replaceFile(this.#file, JSON.stringify({ offset }));
  }
}
