import { describe, expect, it, vi } from 'vitest';
import { eachLine, type Line, LineTooLongError, lines, type SplitOptions } from '../../../src/lines/split';
import fc from '../../support/fc';

async function* pieces(bytes: Buffer, sizes: number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? bytes.length;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function split(bytes: Buffer, sizes: number[] = [], options?: SplitOptions): Promise<Line[]> {
  const all: Line[] = [];
  for await (const batch of lines(pieces(bytes, sizes), options)) all.push(...batch);
  return all;
}

const texts = (all: Line[]) => all.map(({ bytes }) => bytes.toString('utf8'));

describe('splitting into lines', () => {
  it.each([
    ['nothing', '', []],
    ['one line without a newline', 'a', ['a']],
    ['a newline at the end makes no line', 'a\n', ['a']],
    ['blank lines', '\n\na\n', ['', '', 'a']],
    ['Windows line endings', 'a\r\nb\r\n', ['a', 'b']],
    ['a lone carriage return is text', 'a\rb\n', ['a\rb']],
    ['U+2028, U+2029 and U+0085 are text', 'a\u2028b\u2029c\u0085d\n', ['a\u2028b\u2029c\u0085d']],
    ['a byte order mark stays', '\ufeffa\n', ['\ufeffa']],
  ])('%s', async (_, text, expected) => {
    expect(texts(await split(Buffer.from(text)))).toEqual(expected);
    expect(texts(await split(Buffer.from(text), [1]))).toEqual(expected);
  });

  it('returns the same lines and offsets for any division of the stream', async () => {
    const text = fc
      .array(fc.constantFrom('a', 'é', '😀', '\u2028', '\n', '\r', '\r\n', '{"x":1}'))
      .map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(
        text,
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        async (text, sizes) => {
          const bytes = Buffer.from(text);
          const found = await split(bytes, sizes, { start: 100 });
          const expected = text.split('\n').map((line) => line.replace(/\r$/, ''));
          if (text === '' || text.endsWith('\n')) expected.pop();
          expect(texts(found)).toEqual(expected);

          let start = 100;
          for (const line of found) {
            expect(line.start).toBe(start);
            expect(bytes.subarray(line.start - 100).subarray(0, line.bytes.length)).toEqual(line.bytes);
            start = line.end;
          }
          expect(start).toBe(100 + bytes.length);
        },
      ),
    );
  });

  it('splits a line of 16 MB in small pieces in linear time: each byte is read once and copied once', async () => {
    const bytes = Buffer.alloc(16_000_001, 'x');
    bytes[16_000_000] = 10;
    let copied = 0;
    const concat = vi.spyOn(Buffer, 'concat').mockImplementation((pieces) => {
      const joined = Buffer.allocUnsafe(pieces.reduce((sum, piece) => sum + piece.length, 0));
      let at = 0;
      for (const piece of pieces) {
        joined.set(piece, at);
        at += piece.length;
      }
      copied += at;
      return joined;
    });
    const indexOf = vi.spyOn(Buffer.prototype, 'indexOf');
    try {
      const [line] = await split(bytes, [1_024]);
      expect(line?.bytes.length).toBe(16_000_000);
      expect(copied).toBe(16_000_000);
      // Once for each piece, and once more after the newline.
      expect(indexOf.mock.calls.length).toBe(Math.ceil(bytes.length / 1_024) + 1);
    } finally {
      concat.mockRestore();
      indexOf.mockRestore();
    }
  });

  it('splits 10 million short lines while holding only the lines of one piece', async () => {
    const piece = Buffer.from('x\n'.repeat(50_000));
    async function* source() {
      for (let i = 0; i < 200; i += 1) yield piece;
    }
    let count = 0;
    let most = 0;
    let end = 0;
    for await (const batch of lines(source())) {
      count += batch.length;
      most = Math.max(most, batch.length);
      end = batch.at(-1)!.end;
    }
    expect([count, most, end]).toEqual([10_000_000, 50_000, 20_000_000]);
  }, 60_000);

  it('splits any bytes only at 0x0a, independent of encoding, NUL and byte order mark', async () => {
    const byte = fc.oneof(
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom(0x0a, 0x0d, 0x00, 0xef, 0xbb, 0xbf, 0xe2, 0x80, 0xa8, 0xf0, 0x9f),
    );
    const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.array(byte, { maxLength: 80 }), sizes, async (all, sizes) => {
        const bytes = Buffer.from(all);
        // In latin1 a character is a byte.
        const expected = bytes.toString('latin1').split('\n');
        if (expected.at(-1) === '') expected.pop();
        const found = await split(bytes, sizes);
        expect(found.map((line) => line.bytes.toString('latin1'))).toEqual(
          expected.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line)),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('returns the same text if the stream is cut at any offset, also within characters of two to four bytes', async () => {
    const text = '\ufeffé\u2028😀\r\n\0\n\r\r\n👋🏽 ü';
    const bytes = Buffer.from(text);
    const expected = texts(await split(bytes));
    expect(expected.join('')).toContain('👋🏽');
    for (let at = 1; at < bytes.length; at += 1) {
      expect(texts(await split(bytes, [at, bytes.length]))).toEqual(expected);
    }
  });

  it('refuses a line beyond the limit before it buffers more of it', async () => {
    await expect(split(Buffer.from('ab\nabcdef'), [2], { longest: 4 })).rejects.toThrow(LineTooLongError);
    await expect(split(Buffer.from('ab\nabcde\n'), [], { longest: 4 })).rejects.toMatchObject({ start: 3 });
    expect(texts(await split(Buffer.from('abcd\nabcd'), [3], { longest: 4 }))).toEqual(['abcd', 'abcd']);
  });

  it('one by one are numbered through all pieces', async () => {
    const bytes = Buffer.from('a\n\nbcd\ne');
    const found: [number, string, number][] = [];
    for await (const { ordinal, bytes: line, start } of eachLine(pieces(bytes, [2]))) {
      found.push([ordinal, line.toString(), start]);
    }
    expect(found).toEqual([
      [0, 'a', 0],
      [1, '', 2],
      [2, 'bcd', 3],
      [3, 'e', 7],
    ]);
  });

  it('one by one end their stream where the reader stops', async () => {
    let closed = false;
    async function* stream() {
      try {
        yield Buffer.from('a\nb\n');
        yield Buffer.from('c\n');
      } finally {
        closed = true;
      }
    }
    for await (const { ordinal } of eachLine(stream())) if (ordinal === 1) break;
    expect(closed).toBe(true);
  });
});
