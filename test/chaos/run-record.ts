import { appendFileSync, cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../support/root';

/**
 * The folder of one run: its schedule, its logs, and finally the store and the books. Kept if the run fails.
 */
export class RunRecord {
  readonly folder: string;
  readonly #began = Date.now();
  #isRemoved = false;

  constructor(seed: string) {
    const time = new Date().toISOString().replace(/[:.]/g, '-');
    this.folder = join(root, '.cache', 'chaos', `seed-${seed}-${time}`);
    mkdirSync(this.folder, { recursive: true });
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  json(name: string, value: unknown): void {
    writeFileSync(this.path(name), `${JSON.stringify(value, null, 1)}\n`);
  }

  /** Adds a line to a log, with the seconds since the beginning. */
  log(name: string, message: string): void {
    // The last lines of a process may be read after its end.
    if (this.#isRemoved) return;
    const seconds = ((Date.now() - this.#began) / 1_000).toFixed(3);
    appendFileSync(this.path(`${name}.log`), `${seconds} ${message}\n`);
  }

  keepFolder(name: string, from: string): void {
    cpSync(from, this.path(name), { recursive: true, preserveTimestamps: true });
  }

  remove(): void {
    this.#isRemoved = true;
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
