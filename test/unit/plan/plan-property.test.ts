import { expect, test } from 'vitest';
import { REQUEST_OVERHEAD } from '../../../src/input/chunk';
import { keys } from '../../../src/records/keys';
import fc from '../../support/fc';
import { MemoryStore } from '../../support/memory-store';
import { TEMPLATE } from '../../support/template';
import { Planning } from './planning';

/** Any prompt of whole characters, including other line separators and JSON's special characters. */
const text = (maxLength: number) =>
  fc
    .array(
      fc.oneof(
        fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).filter((char) => char.isWellFormed()),
        fc.constantFrom(
          '\u2028',
          '\u2029',
          '\u0085',
          '\n',
          '\r',
          '\0',
          '"',
          '\\',
          '{{text}}',
          '😀',
          'é',
          '\ufeff',
        ),
      ),
      { maxLength },
    )
    .map((chars) => chars.join(''))
    // A blank prompt is refused.
    .filter((prompt) => /\S/.test(prompt));

const input = fc.record({
  texts: fc.array(text(12), { maxLength: 50 }),
  ends: fc.array(fc.constantFrom('\n', '\r\n', '\n\n'), { minLength: 1, maxLength: 5 }),
  /** Escapes all characters except ASCII. */
  ascii: fc.boolean(),
});

const limits = fc.record({
  chunkSize: fc.integer({ min: 1, max: 3 }),
  chunkBytes: fc.integer({ min: 250, max: 900 }),
});

function written({ texts, ends, ascii }: { texts: string[]; ends: string[]; ascii: boolean }): string[] {
  return texts.map((text, index) => {
    const json = JSON.stringify({ id: `${text}#${index}`, text });
    const escaped = json.replace(
      /[^ -~]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
    return (ascii ? escaped : json) + ends[index % ends.length];
  });
}

/** The expected chunks for the limits, in the simplest way: each chunk gets all requests that still fit. */
function expectedChunks(
  texts: string[],
  { chunkSize, chunkBytes }: { chunkSize: number; chunkBytes: number },
) {
  const chunks: { documents: number; requests: number }[] = [];
  let bytes = 0;
  for (const text of texts) {
    const params = { ...TEMPLATE, messages: [{ role: 'user', content: text }] };
    const size = Buffer.byteLength(JSON.stringify(params)) + REQUEST_OVERHEAD;
    const sendable = size <= chunkBytes;
    const last = chunks.at(-1);
    if (!last || last.documents === chunkSize || (sendable && bytes + size > chunkBytes)) {
      chunks.push({ documents: 0, requests: 0 });
      bytes = 0;
    }
    const chunk = chunks.at(-1)!;
    chunk.documents += 1;
    if (!sendable) continue;
    chunk.requests += 1;
    bytes += size;
  }
  return chunks;
}

test('any texts are planned unchanged, under their ids, in the chunks that the limits require', async () => {
  await fc.assert(
    fc.asyncProperty(input, limits, fc.integer({ min: 1, max: 90 }), async (documents, spec, pieceSize) => {
      const planning = await Planning.of(written(documents).join(''), { spec }, new MemoryStore(pieceSize));
      const chunks = (await planning.all()).flatMap((page) => page.chunks);
      expect(chunks).toEqual(expectedChunks(documents.texts, spec));
      const ids = chunks.flatMap((_, chunk) => planning.documents(chunk).map(({ id }) => id));
      expect(ids).toEqual(documents.texts.map((text, index) => `${text}#${index}`));
      const requests = chunks.flatMap((_, chunk) => planning.requests(chunk));
      for (const [index, request] of requests.entries()) {
        if (request !== null) expect(request.messages[0].content).toBe(documents.texts[index]);
      }
    }),
    { numRuns: 80 },
  );
}, 60_000);

test('planning that resumes at any document plans the rest as if nothing preceded it', async () => {
  await fc.assert(
    fc.asyncProperty(
      input,
      limits,
      fc.double({ min: 0, max: 1, noNaN: true }),
      async (documents, spec, at) => {
        const lines = written(documents);
        const cut = Math.floor(at * lines.length);
        const before = lines.slice(0, cut).join('');
        const line = before.split('\n').length - 1;
        const rest = await Planning.of(lines.slice(cut).join(''), { spec });
        const whole = await Planning.of(lines.join(''), { spec });

        let cursor: Parameters<Planning['page']>[0] = { offset: Buffer.byteLength(before), line, chunk: 0 };
        const chunks = [];
        while (cursor) {
          const page = await whole.page(cursor);
          chunks.push(...page.chunks);
          cursor = page.cursor;
        }
        expect(chunks).toEqual((await rest.all()).flatMap((page) => page.chunks));
        for (const chunk of chunks.keys()) {
          const requests = (planning: Planning) => planning.store.text(keys.requests(planning.job, chunk));
          expect(requests(whole)).toBe(requests(rest));
          const moved = rest
            .documents(chunk)
            .map((document) => ({ ...document, line: document.line + line }));
          expect(whole.documents(chunk)).toEqual(moved);
        }
      },
    ),
    { numRuns: 60 },
  );
}, 60_000);
