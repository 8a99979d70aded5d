import { describe, expect, it } from 'vitest';
import { readDocuments } from '../../../src/input/documents';
import type { Entry, InputCursor } from '../../../src/input/entry';
import type { StoredInput } from '../../../src/job-spec/spec';
import fc from '../../support/fc';
import { MemoryStore } from '../../support/memory-store';

interface Reading {
  pieceSize?: number;
  idField?: string;
  cursor?: InputCursor;
  delimiter?: string;
}

async function read(
  format: StoredInput['format'],
  input: string | Buffer,
  { pieceSize, idField = 'id', cursor, delimiter }: Reading = {},
) {
  const store = new MemoryStore(pieceSize);
  await store.put('input', input);
  const entries: Entry[] = [];
  for await (const batch of readDocuments(store, 'input', { format, delimiter, idField, cursor }))
    entries.push(...batch);
  return entries;
}

const documents = (entries: Entry[]) => entries.map(({ document }) => document);

/** Resumes after each document and expects the rest. */
async function expectResumable(
  format: StoredInput['format'],
  input: string | Buffer,
  delimiter?: string,
): Promise<void> {
  const whole = await read(format, input, { delimiter });
  for (const [index, { next }] of whole.entries()) {
    const cursor = JSON.parse(JSON.stringify(next));
    expect(await read(format, input, { cursor, delimiter })).toEqual(whole.slice(index + 1));
  }
}

describe('a JSONL input', () => {
  it('has ids, lines and fields', async () => {
    const input = '\ufeff{"id":"a","x":1}\n\n  \r\n{"id":7}\r\n{"y":"\u2028👋"}';
    expect(documents(await read('jsonl', input, { pieceSize: 3 }))).toEqual([
      { id: 'a', line: 1, fields: { id: 'a', x: 1 } },
      { id: '7', line: 4, fields: { id: 7 } },
      { id: '5', line: 5, fields: { y: '\u2028👋' } },
    ]);
    await expectResumable('jsonl', input);
  });

  it.each(['', '\n', '\ufeff', ' \n\t\n'])('may be empty: %j', async (input) => {
    expect(await read('jsonl', input)).toEqual([]);
  });

  it('takes ids from the job’s id field', async () => {
    const input = '{"meta":{"key":"a b/c"},"id":"x"}\n{"meta.key":"ü"}\n{}';
    expect(documents(await read('jsonl', input, { idField: 'meta.key' })).map(({ id }) => id)).toEqual([
      'a b/c',
      'ü',
      '3',
    ]);
  });

  it.each([
    ['{"id":"a"}\n{"id":\n', 'Line 2: it is not valid JSON: Unexpected end of JSON input.'],
    ['\n\n{"a": secret}', "Line 3: it is not valid JSON: Unexpected token 's'."],
    ['{"a" "secret"}', "Line 1: it is not valid JSON: Expected ':' after property name at character 6."],
    [
      '{"a":1}{"a":2}',
      'Line 1: it is not valid JSON: Unexpected non-whitespace character after JSON at character 8.',
    ],
    ['[\n{"id":"a"}]', 'Line 1: it is not valid JSON: Unexpected end of JSON input.'],
    ['[]', 'Line 1: it must be a JSON object, one per document (got an array).'],
    ['null', '(got null).'],
    ['5', '(got a number).'],
    ['{}\n{"id":""}', 'Line 2: the id field "id" must not be empty.'],
    ['{"id":null}', 'Line 1: the id field "id" must be a string or a number (got null).'],
    ['{"id":{}}', 'the id field "id" must be a string or a number (got an object).'],
    ['{"id":true}', 'the id field "id" must be a string or a number (got a boolean).'],
    ['{"id":"\\ud83d"}', 'Line 1: the id field "id" contains a lone surrogate'],
    ['{"id":1234567890123456789}', 'Line 1: the id field "id" is an integer with more digits'],
  ])('is refused: %j', async (input, message) => {
    const error: Error = await read('jsonl', input).then(
      () => expect.fail('taken'),
      (error) => error,
    );
    expect(error.message).toContain(message);
    expect(error.message).not.toContain('secret');
  });

  it('is refused when it is not UTF-8', async () => {
    const latin1 = Buffer.from('{"id":"a"}\n{"id":"\u00fc"}', 'latin1');
    await expect(read('jsonl', latin1)).rejects.toThrow('Line 2: it is not UTF-8 text.');
  });

  it('returns the documents before a broken line', async () => {
    const store = new MemoryStore();
    await store.put('input', '{"id":"a"}\n{"id":"b"}\nx');
    const seen: string[] = [];
    const reading = async () => {
      for await (const batch of readDocuments(store, 'input', { format: 'jsonl', idField: 'id' })) {
        for (const { document } of batch) seen.push(document.id);
      }
    };
    await expect(reading()).rejects.toThrow('Line 3');
    expect(seen).toEqual(['a', 'b']);
  });
});

describe('a CSV input', () => {
  it('has ids, lines and fields as texts', async () => {
    const input =
      '\ufeffid,"the ""text""",n\r\na,"x, ""y""\r\nz",1\r\n\r\n"b c/d",,2\n\u{1f44b},\u2028,"3\n4"';
    const entries = await read('csv', input, { pieceSize: 2 });
    expect(documents(entries)).toEqual([
      { id: 'a', line: 2, fields: { id: 'a', 'the "text"': 'x, "y"\r\nz', n: '1' } },
      { id: 'b c/d', line: 5, fields: { id: 'b c/d', 'the "text"': '', n: '2' } },
      { id: '👋', line: 6, fields: { id: '👋', 'the "text"': '\u2028', n: '3\n4' } },
    ]);
    await expectResumable('csv', input);
  });

  it.each(['', '\ufeff', '\n\n', 'id,text', 'id,text\n', 'id\n\n\n'])(
    'may have no rows: %j',
    async (input) => {
      expect(await read('csv', input)).toEqual([]);
    },
  );

  it('uses line numbers as ids, and accepts headers of any name', async () => {
    const entries = await read('csv', 'First name,__proto__,constructor\nAda,x,y\n');
    expect(entries[0]?.document.id).toBe('2');
    expect(Object.entries(entries[0]?.document.fields ?? {})).toEqual([
      ['First name', 'Ada'],
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });

  it.each([
    ['id,,text\n', 'Line 1: column 2 of the header has no name.'],
    ['\nid,text,id\n', 'Line 2: the header names columns 1 and 3 both "id".'],
    ['id,text\na,b\nc\n', 'Line 3: the row must have 2 fields, like the header (got 1).'],
    ['id,text\n"a\n",b\nc,d,secret\n', 'Line 4: the row must have 2 fields, like the header (got 3).'],
    [
      'id,text\na,"secret" x\n',
      'Line 2: the row that starts here is not valid CSV: a quoted field continues',
    ],
    ['id,text\n\na,secret "x"\n', 'is not valid CSV: a field that does not start with a quote contains one'],
    [
      'id,text\na,b\nc,"secret\n',
      'Line 3: the row that starts here is not valid CSV: a quoted field has no closing quote',
    ],
    ['id,text\n"",b\n', 'Line 2: the id field "id" must not be empty.'],
  ])('is refused: %j', async (input, message) => {
    for (const pieceSize of [1, 1000]) {
      const error: Error = await read('csv', input, { pieceSize }).then(
        () => expect.fail('taken'),
        (error) => error,
      );
      expect(error.message).toContain(message);
      expect(error.message).not.toContain('secret');
    }
  });

  it('is refused if it is not UTF-8, from the first invalid row', async () => {
    for (const pieceSize of [1, 1000]) {
      const latin1 = Buffer.from('id,text\na,b\nc,\u00fc\n', 'latin1');
      await expect(read('csv', latin1, { pieceSize })).rejects.toThrow(
        'Line 3: the row that starts here is not UTF-8',
      );
    }
    await expect(read('csv', Buffer.from('id\na\u00fc').subarray(0, -1))).rejects.toThrow('is not UTF-8');
    await expect(read('csv', Buffer.from('\ufeffid\na', 'utf16le'))).rejects.toThrow('is not UTF-8');
  });

  it('returns any cells, with any division of the stream and any point of resumption', async () => {
    const text = fc
      .array(fc.constantFrom('a', 'é', '😀', '"', ',', '\n', '\r\n', '\r', ' ', '\u2028'))
      .map((parts) => parts.join(''));
    const row = fc.record({ cells: fc.tuple(text, text), end: fc.constantFrom('\n', '\r\n', '\n\n') });
    const quote = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 6 }),
        fc.integer({ min: 1, max: 40 }),
        async (rows, pieceSize) => {
          const input = `x,y\n${rows.map(({ cells, end }) => cells.map(quote).join(',') + end).join('')}`;
          const found = documents(await read('csv', input, { pieceSize }));
          expect(found.map(({ fields }) => [fields.x, fields.y])).toEqual(rows.map(({ cells }) => cells));
          const lines = input.split(/\r\n|\n|\r/);
          for (const { line, fields } of found) {
            expect(lines[line - 1]?.startsWith(quote(fields.x as string).split(/[\r\n]/)[0]!)).toBe(true);
          }
          await expectResumable('csv', input);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('a CSV input with another delimiter', () => {
  it.each([';', '\t', '|', 'é'])('has the same fields: %j', async (delimiter) => {
    const input = ['id', 'text\na', '"x,y', 'z"\nb', '1,5'].join(delimiter);
    expect(documents(await read('csv', input, { delimiter, pieceSize: 3 }))).toEqual([
      { id: 'a', line: 2, fields: { id: 'a', text: `x,y${delimiter}z` } },
      { id: 'b', line: 3, fields: { id: 'b', text: '1,5' } },
    ]);
    await expectResumable('csv', input, delimiter);
  });

  it.each([
    ['id;text\na;b\n', "(--delimiter ';')"],
    ['id\ttext\n', "(--delimiter '\\t')"],
    ['\n"id|text"\n', 'Line 2: the header has one column, whose name contains "|". If the columns are'],
  ])('is suspected if the header has one column: %j', async (input, message) => {
    await expect(read('csv', input)).rejects.toThrow(message);
    // A given delimiter is believed.
    expect(await read('csv', input.split('\n').slice(0, 2).join('\n'), { delimiter: ',' })).toBeDefined();
  });
});

describe('an input of one JSON array', () => {
  it('has the numbers of its elements as lines', async () => {
    const input = '\ufeff [\n{"id":"a","x":"]}\\"{"},\n\n{"y":{"z":[{}]}} ,{"id":7}\n]\n';
    for (const pieceSize of [1, 2, 7, 1000]) {
      expect(documents(await read('json', input, { pieceSize }))).toEqual([
        { id: 'a', line: 1, fields: { id: 'a', x: ']}"{' } },
        { id: '2', line: 2, fields: { y: { z: [{}] } } },
        { id: '7', line: 3, fields: { id: 7 } },
      ]);
    }
    await expectResumable('json', input);
  });

  it.each(['', ' \n', '[]', ' [ \n ] ', '\ufeff[]\n'])('may be empty: %j', async (input) => {
    expect(await read('json', input, { pieceSize: 1 })).toEqual([]);
  });

  it.each([
    [
      '{"id":"a"}\n{"id":"b"}',
      'and it begins with an object. If it has one object a line, give the format jsonl',
    ],
    ['"secret"', 'The input must be one JSON array of objects (got a string).'],
    ['[{},5]', 'Line 2: it must be a JSON object (got a number).'],
    ['[[1]]', 'Line 1: it must be a JSON object (got an array).'],
    ['[{},null]', '(got null).'],
    ['[{},secret]', '(got something that is not JSON).'],
    ['[{},]', 'Line 2: it must be a JSON object (got something that is not JSON).'],
    ['[,{}]', 'Line 1: it must be a JSON object'],
    ['[{} {}]', 'Line 1: a "," or the closing "]" of the array must follow it.'],
    ['[{}', 'Line 1: the input ends after this element begins, without the closing "]"'],
    ['[{},{"a":"sec', 'Line 2: the input ends after this element begins'],
    ['[{}]x', 'The input has text after the closing "]" of the array.'],
    ['[{},{"a":secret}]', "Line 2: it is not valid JSON: Unexpected token 's'"],
    ['[{"a":[1}]]', 'Line 1: it is not valid JSON'],
    ['[{"id":""}]', 'Line 1: the id field "id" must not be empty.'],
  ])('is refused: %j', async (input, message) => {
    for (const pieceSize of [1, 1000]) {
      const error: Error = await read('json', input, { pieceSize }).then(
        () => expect.fail('taken'),
        (error) => error,
      );
      expect(error.message).toContain(message);
      expect(error.message).not.toContain('secret');
    }
  });

  it('returns any objects, with any division of the stream and any point of resumption', async () => {
    const space = fc.constantFrom('', ' ', '\n', '\t\r\n');
    const element = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(element, { maxLength: 5 }),
        fc.integer({ min: 1, max: 40 }),
        space,
        async (elements, pieceSize, space) => {
          const objects = elements.map((fields, n) => ({ ...fields, id: `d${n}` }));
          const input = `${space}[${objects.map((one) => space + JSON.stringify(one, null, space) + space)}]${space}`;
          const found = documents(await read('json', input, { pieceSize }));
          expect(found.map(({ fields }) => fields)).toEqual(JSON.parse(JSON.stringify(objects)));
          expect(found.map(({ line }) => line)).toEqual(objects.map((_, n) => n + 1));
          await expectResumable('json', input);
        },
      ),
      { numRuns: 100 },
    );
  });
});
