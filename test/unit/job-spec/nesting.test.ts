import { describe, expect, it } from 'vitest';
import { documentLines } from '../../../src/client/start/lines';
import { MOST_LEVELS, MOST_LINE_BYTES } from '../../../src/job-spec/limits';
import { isTooDeep } from '../../../src/job-spec/nesting';
import { normalizeSpec } from '../../../src/job-spec/normalize';
import fc from '../../support/fc';
import { TEMPLATE } from '../../support/template';
import { Planning } from '../plan/planning';

const nested = (levels: number, inside = '1') => `${'['.repeat(levels)}${inside}${']'.repeat(levels)}`;

/** A tool with a part that the check does not look into. */
const toolOf = (levels: number) => ({
  name: 'n',
  input_schema: { type: 'object' as const, properties: JSON.parse(nested(levels)) },
});

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

describe('the levels of a JSON text', () => {
  it.each([
    [nested(MOST_LEVELS), false],
    [nested(MOST_LEVELS + 1), true],
    [`{"a":${nested(MOST_LEVELS)}}`, true],
    [`[${nested(150)},${nested(150)}]`, false],
    [`["${'['.repeat(500)}"]`, false],
    [`["\\\\\\"${'['.repeat(500)}"]`, false],
    [`["\\\\",${nested(MOST_LEVELS)}]`, true],
    ['"never closed [[[', false],
  ])('%.40s: too deep is %s', (json, deep) => {
    expect(isTooDeep(Buffer.from(json))).toBe(deep);
  });

  it('are counted outside strings', () => {
    const text = fc.string({ unit: fc.constantFrom('[', ']', '{', '"', '\\', 'ü') });
    const value = fc.letrec((tie) => ({
      node: fc.oneof(text, fc.array(tie('node')), fc.dictionary(text, tie('node'))),
    })).node;
    fc.assert(
      fc.property(value, fc.nat(MOST_LEVELS), (inner, around) => {
        const json = nested(around, JSON.stringify(inner));
        expect(isTooDeep(Buffer.from(json))).toBe(depthOf(inner) + around > MOST_LEVELS);
      }),
    );
  });
});

describe('an excessive input', () => {
  const failure = async (input: string | Buffer, options?: Parameters<typeof Planning.of>[1]) => {
    const planning = await Planning.of(input, options);
    return planning.all().then(
      () => undefined,
      (error) => error,
    );
  };

  it('of 5,000 levels fails the job at once, with the line', async () => {
    expect(await failure(`{"text":"a"}\n{"text":${nested(5_000)}}\n`)).toMatchObject({
      type: 'anthropic.InputInvalid',
      nonRetryable: true,
      whole: 'Line 2: it is nested too deeply: at most 200 levels of objects and arrays.',
    });
    const template = { ...TEMPLATE, messages: [{ role: 'user' as const, content: 'x {{text}}' }] };
    const input = `{"text":${nested(MOST_LEVELS - 1)}}\n`;
    expect(await failure(input, { spec: { template } })).toBeUndefined();
  });

  it('of one line of brackets needs only the memory of the line', async () => {
    expect(await failure(Buffer.alloc(MOST_LINE_BYTES, '['))).toMatchObject({
      whole: expect.stringMatching(/^Line 1: it is nested too deeply/),
    });
  });

  it('of a line of more than 32 MB fails the job, with the line', async () => {
    const line = Buffer.alloc(MOST_LINE_BYTES + 1, ' ');
    expect(await failure(Buffer.concat([Buffer.from('{"text":"a"}\n'), line]))).toMatchObject({
      type: 'anthropic.InputInvalid',
      whole: expect.stringMatching(/^Line 2: it is longer than the limit of 32000000 bytes/),
    });
  });

  it('of a CSV row of more than 32 MB fails the job, with the line', async () => {
    const row = Buffer.alloc(MOST_LINE_BYTES + 10, 'x');
    expect(await failure(Buffer.concat([Buffer.from('text\na\n'), row]), { format: 'csv' })).toMatchObject({
      type: 'anthropic.InputInvalid',
      whole: expect.stringMatching(/^Line 3: .*exceeds the limit of 32000000 bytes/),
    });
  });

  it('of a builder fails the job, with the document', async () => {
    const build = () => ({ ...TEMPLATE, tools: [toolOf(MOST_LEVELS)] });
    expect(
      await failure('{"id":"deep"}', { spec: { builder: 'mine' }, builders: { mine: build } }),
    ).toMatchObject({
      type: 'anthropic.InputInvalid',
      whole: expect.stringMatching(
        /^Document "deep" \(line 1\): the builder "mine" returned params.* nested too deeply/,
      ),
    });
  });

  it.each([MOST_LEVELS, 100_000])('of a template of %i levels is refused before the start', (levels) => {
    const template = { ...TEMPLATE, tools: [toolOf(levels)] };
    const source = { kind: 'input', format: 'jsonl' } as const;
    expect(() => normalizeSpec({ template }, { id: 'job', source })).toThrow(
      /`template` (is nested too deeply|cannot be serialized)/,
    );
  });

  it.each([
    [
      'levels',
      { id: 'd', text: JSON.parse(nested(MOST_LEVELS)) },
      /Document 1 \(id "d"\) is nested too deeply: at most 200/,
    ],
    [
      'bytes',
      { id: 'd', text: 'x'.repeat(MOST_LINE_BYTES) },
      /Document 1 \(id "d"\) must have at most 32000000 bytes as JSON \(got 32\d{6}\)/,
    ],
  ])('of %s in a document from code is refused before the start', async (_, document, message) => {
    await expect(documentLines([document]).next()).rejects.toThrow(message);
  });
});
