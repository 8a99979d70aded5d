import { setTimeout as sleep } from 'node:timers/promises';
import type { UploadSocket } from '../../src/anthropic/upload-socket';
import { type Departure, drainPause } from '../../src/job/drain';

/** Interval between checks whether the socket is empty, in milliseconds. */
const GLANCE = 5;
/** Milliseconds before the rate is measured. Buffers accept the first bytes at once, at any rate. */
const BURST = 50;

/**
 * Watches an upload leave the process. If a process dies while the end of the body is still in it, the ledger
 * holds a commit and no batch exists. That costs the whole grace period. The gate is therefore passed only
 * once the body has left, as far as the process can tell. This shortens waits. The proof that a round is
 * bought at most once does not depend on it.
 */
export class Drain {
  #socket: UploadSocket | undefined;
  /** Bytes that the socket had written before this request. */
  #before = 0;
  #begun: Departure = { at: 0, left: 0 };
  #burst: Departure | undefined;

  readonly #most: number;

  /** @param most longest time in milliseconds that `done` waits once the process has nothing left to write */
  constructor(most: number) {
    this.#most = most;
  }

  readonly use = (socket: UploadSocket): void => {
    this.#socket = socket;
    this.#before = socket.bytesWritten;
    this.#begun = { at: performance.now(), left: 0 };
    this.#burst = undefined;
  };

  /** Yields the same pieces. The socket pulls each piece when it can take it, which shows the upload rate. */
  async *watched(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      yield piece;
      if (this.#socket) this.#observe(this.#socket);
    }
  }

  /**
   * Waits until everything written has left the process, and then for as long as the machine needs to send
   * what its buffers may hold. Returns at once if the socket is unknown.
   */
  async done(signal: AbortSignal): Promise<void> {
    const socket = this.#socket;
    if (!socket) return;
    while (socket.writableLength > 0 && !socket.destroyed) {
      await sleep(GLANCE, undefined, { signal });
      this.#observe(socket);
    }
    const now = this.#departure(socket);
    const isMeasured = this.#burst && now.at - this.#burst.at > BURST;
    const pause = drainPause(isMeasured ? this.#burst! : this.#begun, now, this.#most);
    await sleep(pause, undefined, { signal });
  }

  #observe(socket: UploadSocket): void {
    if (this.#burst) return;
    const now = this.#departure(socket);
    if (now.at - this.#begun.at >= BURST) this.#burst = now;
  }

  #departure({ bytesWritten, writableLength }: UploadSocket): Departure {
    return { at: performance.now(), left: bytesWritten - this.#before - writableLength };
  }
}
