/**
 * This side ended a request's body before its last byte: the network is fine, and the API got no whole
 * request. The source of a body throws it, or a subclass of it.
 */
export class BodyStoppedError extends Error {
  override readonly name: string = 'BodyStoppedError';
  /** The message for Temporal, without text from others. */
  readonly publicMessage: string;

  constructor(message: string, { publicMessage = message, ...options }: BodyStoppedOptions = {}) {
    super(message, options);
    this.publicMessage = publicMessage;
  }
}

type BodyStoppedOptions = ErrorOptions & { publicMessage?: string };

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
