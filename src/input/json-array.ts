import { MOST_LINE_BYTES } from '../job-spec/limits';
import { InputError } from '../job-spec/validation-errors';
import type { Entries, Entry, InputCursor } from './entry';
import type { Identify } from './id';
import { parseObject } from './json-object';

/**
 * Reads documents from one JSON array of objects. `line` is the number of the element in the array, from 1.
 * Finds where the elements end and leaves their parsing to `JSON.parse`, so that one element is in memory at
 * a time and reading can continue after any of them.
 *
 * @param source the input from `cursor.offset` on, which is 0 or the end of an element
 * @throws {InputError} for an input that is not one array, and for an element that is not an object, not
 *   valid JSON, too long, or nested too deeply.
 */
export async function* readJsonArray(
  source: AsyncIterable<Uint8Array>,
  cursor: InputCursor,
  identify: Identify,
): Entries {
  const elements = new Elements(cursor);
  function* documents(piece: Buffer): Generator<Entry> {
    for (const { bytes, end, number } of elements.in(piece)) {
      const fields = parseObject(bytes, number);
      if (fields) yield { document: identify(fields, number), next: { offset: end, line: number } };
    }
  }
  for await (const piece of source) {
    yield documents(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength));
  }
  elements.end();
}

interface Element {
  bytes: Buffer;
  /** Offset of the first byte after it. */
  end: number;
  /** From 1. */
  number: number;
}

/** What comes next outside the elements. */
type Expected = 'array' | 'element or end' | 'element' | 'comma or end' | 'nothing';

/** Finds the elements of an array whose bytes come in pieces. */
class Elements {
  #expected: Expected;
  /** The number of the element that was begun last. */
  #number: number;
  /** Offset of the next piece. */
  #offset: number;
  #begun: BegunObject | undefined;

  constructor({ offset, line }: InputCursor) {
    this.#offset = offset;
    this.#number = line;
    this.#expected = offset === 0 ? 'array' : 'comma or end';
  }

  /** Yields the elements that end in a piece. Give it all pieces in order, and read it to its end. */
  *in(piece: Buffer): Generator<Element> {
    let at = 0;
    while (at < piece.length) {
      if (!this.#begun) {
        if (this.#begins(piece[at]!)) this.#begun = new BegunObject(++this.#number);
        else at++;
        continue;
      }
      const end = this.#begun.add(piece, at);
      at = end ?? piece.length;
      if (end === undefined) continue;
      yield { bytes: this.#begun.bytes(), end: this.#offset + end, number: this.#number };
      this.#begun = undefined;
      this.#expected = 'comma or end';
    }
    this.#offset += piece.length;
  }

  /** Call it after the last piece. @throws {InputError} if the array is not closed. */
  end(): void {
    // An input without bytes has no documents, as in other formats.
    if (this.#expected === 'nothing' || this.#expected === 'array') return;
    throw new InputError(
      { line: this.#number },
      'the input ends after this element begins, without the closing "]" of the array. Is the file complete?',
    );
  }

  /** Takes a byte outside the elements. @returns whether it begins an element */
  #begins(byte: number): boolean {
    if (isSpace(byte)) return false;
    const char = String.fromCharCode(byte);
    const isElement = this.#expected === 'element' || this.#expected === 'element or end';
    if (isElement && char === '{') return true;
    this.#expected = this.#after(char, byte);
    return false;
  }

  /** Returns what comes after a character that begins no element. @throws {InputError} if it is unexpected */
  #after(char: string, byte: number): Expected {
    switch (this.#expected) {
      case 'array':
        if (BOM.includes(byte)) return 'array';
        if (char === '[') return 'element or end';
        throw new InputError(WHOLE, notAnArray(char));
      case 'element or end':
      case 'element':
        if (char === ']' && this.#expected === 'element or end') return 'nothing';
        throw new InputError({ line: this.#number + 1 }, `it must be a JSON object (got ${kindOf(char)}).`);
      case 'comma or end':
        if (char === ',') return 'element';
        if (char === ']') return 'nothing';
        throw new InputError({ line: this.#number }, 'a "," or the closing "]" of the array must follow it.');
      case 'nothing':
        throw new InputError(WHOLE, 'has text after the closing "]" of the array.');
    }
  }
}

/** An object whose end was not found yet. */
class BegunObject {
  readonly #number: number;
  readonly #pieces: Buffer[] = [];
  #size = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;

  constructor(number: number) {
    this.#number = number;
  }

  /** Adds a piece from an offset on. @returns the offset after the object, if it ends in the piece */
  add(piece: Buffer, from: number): number | undefined {
    const end = this.#endIn(piece, from);
    const part = piece.subarray(from, end);
    this.#size += part.length;
    if (this.#size > MOST_LINE_BYTES) {
      throw new InputError(
        { line: this.#number },
        `it is longer than the limit of ${MOST_LINE_BYTES} bytes.`,
      );
    }
    this.#pieces.push(part);
    return end;
  }

  bytes(): Buffer {
    return this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces);
  }

  #endIn(piece: Buffer, from: number): number | undefined {
    for (let at = from; at < piece.length; at++) {
      const byte = piece[at]!;
      if (this.#escaped) this.#escaped = false;
      else if (byte === QUOTE) this.#inString = !this.#inString;
      else if (this.#inString) this.#escaped = byte === BACKSLASH;
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.#depth++;
      else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && --this.#depth === 0) return at + 1;
    }
    return undefined;
  }
}

/** The bytes of a byte order mark, which may come in several pieces. */
const BOM = [0xef, 0xbb, 0xbf];
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

const isSpace = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** The place of a problem of the input as a whole. */
const WHOLE = { line: 0 };

function notAnArray(char: string): string {
  const problem = 'must be one JSON array of objects';
  return char === '{'
    ? `${problem}, and it begins with an object. If it has one object a line, give the format jsonl ` +
        '(--format jsonl).'
    : `${problem} (got ${kindOf(char)}).`;
}

/** Names the kind of a value by its first character. */
function kindOf(char: string): string {
  if (char === '[') return 'an array';
  if (char === '"') return 'a string';
  if (/[-\d]/.test(char)) return 'a number';
  if (char === 't' || char === 'f') return 'a boolean';
  return char === 'n' ? 'null' : 'something that is not JSON';
}
