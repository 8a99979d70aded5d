/**
 * A request body of known length that is read once, as a stream, and never held as a whole.
 *
 * It is a `Blob` because only for a `Blob` do the SDK and fetch both send a `Content-Length` and pull the
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
    // A second read would mean a second send.
    if (!stream) throw new Error('The body of a batch can be sent only once.');
    return stream as ReturnType<Blob['stream']>;
  }
}
