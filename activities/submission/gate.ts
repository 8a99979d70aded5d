import { TAIL } from '../../src/anthropic/create-body';
import type { FaultPoints } from '../runtime/fault-points';

/** The body was not sent to its end, and never will be: nothing can have been bought. */
export class GateClosed extends Error {
  override readonly name = 'GateClosed';
}

export interface Gate {
  /** Resolves when all that was yielded has left, as well as can be told; rejects when the signal aborts. */
  drained: (signal: AbortSignal) => Promise<void>;
  /** Creates the ledger's `commit`; false when the attempt was overtaken. */
  commit: () => Promise<boolean>;
  /** Milliseconds that may pass between asking for the commit and yielding the tail. */
  limit: number;
  points?: FaultPoints;
}

/** Both clocks, because a frozen process or machine stops one or moves the other. */
const clocks = () => ({ monotonic: performance.now(), wall: Date.now() });

/**
 * The body of a create whose last bytes are yielded only behind the gate.
 *
 * Until `tailSent` nothing can be bought by it, and after `close()` nothing ever will.
 */
export class GatedBody {
  tailSent = false;
  /** The attempt won the gate: only its own word can say that nothing was bought. */
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
          // Nobody reads on, and nobody cancels what has failed: the file that the body reads from is closed here.
          await this.#body.return(undefined);
          throw error;
        }
      },
      cancel: async () => {
        this.close();
        await this.#body.return(undefined);
      },
    },
    // Without a queue of its own, so that the gate is asked when the socket wants the last bytes and not before.
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
    // From here to the end no `await`: nothing may come between the look at the clocks and the write.
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

  /** Nothing is yielded any more. Without effect once the tail was sent. */
  close(): void {
    this.#closing.abort();
  }
}
