import type { Readable } from 'node:stream';

/** Frees the connection of an answer that was dropped without being read to its end. */
const dropped = new FinalizationRegistry<Readable>((body) => body.destroy());

/**
 * The body of an answer, once. Its connection is freed at the end, on an error, when the loop over it is left early, and,
 * if nobody ever loops over it, when it is garbage.
 */
export class S3Body implements AsyncIterableIterator<Uint8Array> {
  readonly #chunks: AsyncIterator<Uint8Array>;

  readonly #body: Readable;
  readonly #failed: (error: unknown) => Error;

  constructor(body: Readable, failed: (error: unknown) => Error) {
    this.#body = body;
    this.#failed = failed;

    // A connection that breaks before anybody reads must not end the process; the reader is told.
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
