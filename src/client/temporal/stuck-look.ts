import type { Client } from '@temporalio/client';
import { failureMessage } from '../../job/failure';
import type { StuckWorkflow } from '../../job/stuck';
import { quoted } from '../errors';
import { isPassing } from './grpc';
import { stuckMessage, stuckWorkflows } from './stuck';

/** A look asks the server once for each chunk that runs. */
const FRESH = 30_000;

const CHECK = 60_000;

/** Looks for the stuck workflows of one job. */
export class StuckLook {
  readonly #client: Client;
  readonly #jobId: string;
  readonly #ids: readonly string[];
  readonly #told = new Set<string>();
  #last: { at: number; found: StuckWorkflow[] } | undefined;

  /** @param ids the workflows that are looked at, with their segments and chunks */
  constructor(client: Client, jobId: string, ids: readonly string[]) {
    this.#client = client;
    this.#jobId = jobId;
    this.#ids = ids;
  }

  /** Those that a look in the last half minute has found. */
  async lately(): Promise<StuckWorkflow[]> {
    if (!this.#last || Date.now() - this.#last.at > FRESH) {
      this.#last = { at: Date.now(), found: await stuckWorkflows(this.#client, this.#ids) };
    }
    return this.#last.found;
  }

  /** The next look is a new one. */
  forget(): void {
    this.#last = undefined;
  }

  /** Warns of each once while something waits for the job, until the function that it gives is called. */
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
      // The caller that waits reports a server that does not answer.
      if (isPassing(error)) return [];
      const message = failureMessage(error);
      return this.#isNew(message)
        ? [`Whether a workflow of the job ${quoted(this.#jobId)} is stuck cannot be seen: ${message}`]
        : [];
    }
  }

  #isNew(what: string): boolean {
    const known = this.#told.has(what);
    this.#told.add(what);
    return !known;
  }
}
