import type { Client } from '@temporalio/client';
import { failureMessage } from '../../job/failure';
import type { StuckWorkflow } from '../../job/stuck';
import { stuckMessage, stuckWorkflows } from '../../temporal/stuck';
import { quoted } from '../errors';
import { isPassing } from './grpc';

/** Results are reused for this long, because a check calls the server once for each running chunk. */
const FRESH = 30_000;

const CHECK = 60_000;

/** Checks one job for stuck workflows. */
export class StuckCheck {
  readonly #client: Client;
  readonly #jobId: string;
  readonly #ids: readonly string[];
  readonly #reported = new Set<string>();
  #last: { at: number; found: StuckWorkflow[] } | undefined;

  /** @param ids the workflows to check, with their segments and chunks */
  constructor(client: Client, jobId: string, ids: readonly string[]) {
    this.#client = client;
    this.#jobId = jobId;
    this.#ids = ids;
  }

  /** Returns the stuck workflows, from a check in the last 30 seconds or a new one. */
  async lately(): Promise<StuckWorkflow[]> {
    if (!this.#last || Date.now() - this.#last.at > FRESH) {
      this.#last = { at: Date.now(), found: await stuckWorkflows(this.#client, this.#ids) };
    }
    return this.#last.found;
  }

  /** Makes the next call check again. */
  forget(): void {
    this.#last = undefined;
  }

  /** Checks every minute and warns once of each stuck workflow. Returns a function that ends the checks. */
  watch(warn: (message: string) => void): () => void {
    const timer = setInterval(async () => {
      for (const message of await this.#warnings()) warn(message);
    }, CHECK);
    return () => clearInterval(timer);
  }

  async #warnings(): Promise<string[]> {
    try {
      const found = await this.lately();
      return found.filter(({ run }) => this.#isNew(run)).map((stuck) => stuckMessage(this.#jobId, stuck));
    } catch (error) {
      // The waiting caller already reports that the server does not answer.
      if (isPassing(error)) return [];
      const message = failureMessage(error);
      return this.#isNew(message)
        ? [`The check for stuck workflows of the job ${quoted(this.#jobId)} failed: ${message}`]
        : [];
    }
  }

  #isNew(what: string): boolean {
    const known = this.#reported.has(what);
    this.#reported.add(what);
    return !known;
  }
}
