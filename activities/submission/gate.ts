import { BodyStoppedError } from '../../src/anthropic/body';
import { TAIL } from '../../src/anthropic/create-body';
import { StoreError } from '../../src/store/store';
import type { FaultPoints } from '../runtime/fault-points';

/** The body was not sent to its end, and never will be. Nothing can have been bought. */
export class GateClosed extends BodyStoppedError {
  override readonly name = 'GateClosed';
}

export interface Gate {
  /**
   * Resolves once everything yielded has left, as far as the process can tell. Rejects if the signal aborts.
   */
  drained: (signal: AbortSignal) => Promise<void>;
  /** Creates the ledger's `commit`. Returns false if the attempt was overtaken. */
  commit: () => Promise<boolean>;
  /** Longest time in milliseconds between requesting the commit and yielding the tail. */
  limit: number;
  points?: FaultPoints;
}

/** Reads both clocks: a freeze of the process or the machine stops one of them or moves the other. */
const clocks = () => ({ monotonic: performance.now(), wall: Date.now() });

/**
 * The body of a create request. Yields its last bytes only after the gate.
 *
 * Until `tailSent` is true, this body can buy nothing. After `close()`, it never will.
 */
export class GatedBody {
  tailSent = false;
  /** The attempt won the gate. From then on, only this attempt can prove that nothing was bought. */
  committed = false;
  readonly #closing = new AbortController();

  readonly #body: AsyncGenerator<Uint8Array>;
  readonly #gate: Gate;

  constructor(body: AsyncGenerator<Uint8Array>, gate: Gate) {
    this.#body = body;
    this.#gate = gate;
  }

  readonly stream = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          await this.#pull(controller);
        } catch (error) {
          // A failed stream is neither read nor canceled any more, so the file behind the body is closed
          // here.
          await this.#body.return(undefined);
          if (!(error instanceof StoreError)) throw error;
          const { message, publicMessage } = error;
          throw new BodyStoppedError(message, { publicMessage, cause: error });
        }
      },
      cancel: async () => {
        this.close();
        await this.#body.return(undefined);
      },
    },
    // No queue: the gate is passed only when the socket wants the last bytes.
    { highWaterMark: 0 },
  );

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    const { points, drained, commit, limit } = this.#gate;
    const { signal } = this.#closing;
    points?.reach('submit/uploading');
    const next = await this.#body.next();
    if (signal.aborted) throw new GateClosed('The attempt was closed while it uploaded.');
    if (!next.done) return controller.enqueue(next.value);

    await drained(signal);
    if (signal.aborted) throw new GateClosed('The attempt was closed before the gate.');
    points?.reach('submit/before-gate');
    const asked = clocks();
    if (!(await commit())) throw new GateClosed('The attempt was overtaken before its last bytes.');
    this.committed = true;
    points?.reach('submit/committed');
    // No `await` from here to the end: nothing may come between reading the clocks and the write.
    const now = clocks();
    const waited = Math.max(now.monotonic - asked.monotonic, now.wall - asked.wall);
    if (signal.aborted || waited > limit) {
      throw new GateClosed(`The gate took ${Math.round(waited)} ms: too long to send safely.`);
    }
    points?.reach('submit/gate-passed');
    this.tailSent = true;
    controller.enqueue(TAIL);
    controller.close();
    points?.reach('submit/tail-given');
  }

  /** Stops the stream. Has no effect once the tail was sent. */
  close(): void {
    this.#closing.abort();
  }
}
