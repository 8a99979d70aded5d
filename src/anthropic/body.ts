/**
 * A request body of known length that is read once, as a stream, and never held whole.
 *
 * It is a `Blob` because that is the one form of body for which the SDK and fetch send a `Content-Length` and pull the
 * stream as the socket drains.
 */
export class StreamedBody extends Blob {
  #stream: ReadableStream<Uint8Array> | undefined;

  constructor(size: number, stream: ReadableStream<Uint8Array>) {
    super([], { type: 'application/json' });
    Object.defineProperty(this, 'size', { value: size });
    this.#stream = stream;
  }

  override stream(): ReturnType<Blob['stream']> {
    const stream = this.#stream;
    this.#stream = undefined;
    // Whoever asks twice wants to send twice.
    if (!stream) throw new Error('The body of a batch is sent once.');
    return stream as ReturnType<Blob['stream']>;
  }
}
