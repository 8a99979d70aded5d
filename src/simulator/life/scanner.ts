import { invalid } from '../api-error';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

type Place =
  | 'start'
  | 'key or close'
  | 'key'
  | 'colon'
  | 'array'
  | 'first element'
  | 'element'
  | 'inside'
  | 'after element'
  | 'after array'
  | 'end';

const isSpace = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/**
 * Finds the elements of `{"requests": [ … ]}` in bytes that come in any pieces. Holds at most one element.
 * Tracks strings, escapes and nesting; the receiver checks whether an element is JSON.
 */
export class RequestsScanner {
  #place: Place = 'start';
  /** Bytes of the key or element that began in earlier pieces. */
  #pieces: Buffer[] = [];
  #depth = 0;
  #inString = false;
  #escaped = false;
  #elements = 0;

  readonly #onElement: (bytes: Buffer, index: number) => void;

  constructor(onElement: (bytes: Buffer, index: number) => void) {
    this.#onElement = onElement;
  }

  /** @throws {ApiError} if the bytes are not such a body; nothing more may be pushed then */
  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.#place === 'inside') at = this.#inside(chunk, at);
      else if (this.#place === 'key') at = this.#key(chunk, at);
      else at = isSpace(chunk[at]!) ? at + 1 : this.#structure(chunk[at]!, at);
    }
  }

  /** @throws {ApiError} if the body is incomplete */
  end(): void {
    if (this.#place !== 'end') throw malformed('unexpected end');
  }

  /** Handles one byte between values. Returns the next position. */
  #structure(byte: number, at: number): number {
    switch (this.#place) {
      case 'start':
        this.#expect(byte, OPEN_OBJECT);
        this.#place = 'key or close';
        return at + 1;
      case 'key or close':
        if (byte === CLOSE_OBJECT) throw invalid('requests: Field required');
        this.#expect(byte, QUOTE);
        this.#place = 'key';
        return at + 1;
      case 'colon':
        this.#expect(byte, COLON);
        this.#place = 'array';
        return at + 1;
      case 'array':
        if (byte !== OPEN_ARRAY) throw invalid('requests: Input should be a valid list');
        this.#place = 'first element';
        return at + 1;
      case 'first element':
        if (byte === CLOSE_ARRAY) {
          this.#place = 'after array';
          return at + 1;
        }
        this.#place = 'element';
        return at;
      case 'element':
        if (byte !== OPEN_OBJECT) throw invalid(`requests.${this.#elements}: Input should be a valid object`);
        this.#place = 'inside';
        return at;
      case 'after element':
        if (byte === CLOSE_ARRAY) this.#place = 'after array';
        else {
          this.#expect(byte, COMMA);
          this.#place = 'element';
        }
        return at + 1;
      case 'after array':
        if (byte === COMMA)
          throw invalid('The body allows only one field: requests. Extra inputs are not permitted');
        this.#expect(byte, CLOSE_OBJECT);
        this.#place = 'end';
        return at + 1;
      default:
        throw malformed('unexpected data after the end');
    }
  }

  #key(chunk: Buffer, at: number): number {
    const close = chunk.indexOf(QUOTE, at);
    this.#pieces.push(chunk.subarray(at, close < 0 ? chunk.length : close));
    if (this.#pieces.reduce((sum, piece) => sum + piece.length, 0) > 256)
      throw invalid('Extra inputs are not permitted');
    if (close < 0) return chunk.length;
    const name = this.#take().toString();
    if (name !== 'requests') throw invalid(`${name}: Extra inputs are not permitted`);
    this.#place = 'colon';
    return close + 1;
  }

  // biome-ignore lint/complexity/noExcessiveCognitiveComplexity: one loop over bytes, which is the hot path.
  #inside(chunk: Buffer, start: number): number {
    let depth = this.#depth;
    let inString = this.#inString;
    let escaped = this.#escaped;
    for (let at = start; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inString = false;
      } else if (byte === QUOTE) inString = true;
      else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth++;
      else if ((byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) && --depth === 0) {
        this.#leave(0, false, false);
        this.#pieces.push(chunk.subarray(start, at + 1));
        this.#place = 'after element';
        this.#onElement(this.#take(), this.#elements++);
        return at + 1;
      }
    }
    this.#leave(depth, inString, escaped);
    this.#pieces.push(chunk.subarray(start));
    return chunk.length;
  }

  /** Notes where a piece of the body ends within a request. */
  #leave(depth: number, inString: boolean, escaped: boolean): void {
    this.#depth = depth;
    this.#inString = inString;
    this.#escaped = escaped;
  }

  #take(): Buffer {
    const bytes = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces);
    this.#pieces = [];
    return bytes;
  }

  #expect(byte: number, expected: number): void {
    if (byte !== expected) {
      throw malformed(
        `expected ${String.fromCharCode(expected)} but found ${JSON.stringify(String.fromCharCode(byte))}`,
      );
    }
  }
}

export const malformed = (why: string) => invalid(`The request body is not valid JSON: ${why}`);
