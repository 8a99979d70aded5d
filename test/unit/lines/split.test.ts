import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Line, LineTooLongError, lines, type SplitOptions } from '../../../src/lines/split';

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

  it('gives the same lines and offsets however the stream is cut', async () => {
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

  it('takes a line of 16 MB in small pieces in linear time', async () => {
    const bytes = Buffer.alloc(16_000_001, 'x');
    bytes[16_000_000] = 10;
    const began = performance.now();
    const [line] = await split(bytes, [16_384]);
    expect(line?.bytes.length).toBe(16_000_000);
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  it('refuses a line beyond the limit before it holds more of it', async () => {
    await expect(split(Buffer.from('ab\nabcdef'), [2], { longest: 4 })).rejects.toThrow(LineTooLongError);
    await expect(split(Buffer.from('ab\nabcde\n'), [], { longest: 4 })).rejects.toMatchObject({ start: 3 });
    expect(texts(await split(Buffer.from('abcd\nabcd'), [3], { longest: 4 }))).toEqual(['abcd', 'abcd']);
  });
});
