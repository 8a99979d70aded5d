import { setTimeout as sleep } from 'node:timers/promises';
import type { UploadSocket } from '../../src/anthropic/upload-socket';
import { type Departure, drainPause } from '../../src/job/drain';

/** How often it is seen whether the socket is empty, in milliseconds. */
const GLANCE = 5;
/** Buffers take the first bytes at once, whatever the rate: it is measured after so many milliseconds. */
const BURST = 50;

/**
 * Watches a body leave. If a process dies while the end of its body is still in it, a commit stands and no batch exists, which costs the
 * whole grace. So the gate is asked only when the body is gone, as well as can be told. This shortens waits, and has no part in the
 * proof that nothing is bought twice.
 */
export class Drain {
  #socket: UploadSocket | undefined;
  /** Bytes that the socket had written before this request. */
  #before = 0;
  #begun: Departure = { at: 0, left: 0 };
  #burst: Departure | undefined;

  readonly #most: number;

  /** @param most milliseconds that `done` waits at most when the process has nothing left to write */
  constructor(most: number) {
    this.#most = most;
  }

  readonly use = (socket: UploadSocket): void => {
    this.#socket = socket;
    this.#before = socket.bytesWritten;
    this.#begun = { at: performance.now(), left: 0 };
    this.#burst = undefined;
  };

  /** The same pieces. Each is asked for when the socket can take it, which shows the rate at which they leave. */
  async *watched(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      yield piece;
      if (this.#socket) this.#observe(this.#socket);
    }
  }

  /**
   * Waits until all that was written has left the process, and then for as long as the machine takes to send what its buffers may hold.
   * Returns at once if no socket shows.
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
