import type { Readable } from 'node:stream';

/** Frees the connection of a reply that was dropped before its end. */
const dropped = new FinalizationRegistry<Readable>((body) => body.destroy());

/**
 * Reads the body of a reply once. Frees its connection at the end, on an error, when a loop is left early,
 * and on garbage collection if it was never read.
 */
export class S3Body implements AsyncIterableIterator<Uint8Array> {
  readonly #chunks: AsyncIterator<Uint8Array>;

  readonly #body: Readable;
  readonly #failed: (error: unknown) => Error;

  constructor(body: Readable, failed: (error: unknown) => Error) {
    this.#body = body;
    this.#failed = failed;

    // A connection that breaks before the first read must not end the process. The reader gets the error.
    body.on('error', () => {});
    this.#chunks = body[Symbol.asyncIterator]();
    dropped.register(this, body, this);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    try {
      const result = await this.#chunks.next();
      if (!result.done) return result;
    } catch (error) {
      await this.return();
      throw this.#failed(error);
    }
    return this.return();
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    dropped.unregister(this);
    this.#body.destroy();
    return { done: true, value: undefined };
  }
}
