import { expect, it } from 'vitest';
import { jsonProblem } from '../../../src/cli/json-problem';
import fc from '../../support/fc';

it.each([
  ['', 1, 1, 'it ends where a value should be'],
  ['{', 1, 2, 'it ends where a key in double quotes or "}" should be'],
  ['{"a": 1,}', 1, 9, 'a key in double quotes should be here'],
  ["{'a': 1}", 1, 2, 'a key in double quotes or "}" should be here'],
  ['{"a" 1}', 1, 6, '":" should be here'],
  ['{"a": 1 "b": 2}', 1, 9, '"," or "}" should be here'],
  ['{\n  "a": 1,\n  "b": tru\n}', 3, 8, 'a value should be here'],
  ['[1, 2,]', 1, 7, 'a value should be here'],
  ['[,1]', 1, 2, 'a value or "]" should be here'],
  ['[1] x', 1, 5, 'the end should be here'],
  ['{"a": "line\nbreak"}', 1, 7, 'a value should be here'],
  ['{"a": 01}', 1, 8, '"," or "}" should be here'],
  ['// no', 1, 1, 'a value should be here'],
])('%j', (text, line, column, problem) => {
  expect(jsonProblem(text)).toEqual({ line, column, problem });
});

it('finds a position in any truncated text', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), (json, cut) => {
      const text = json.slice(0, cut % json.length);
      try {
        JSON.parse(text);
      } catch {
        const { line, column } = jsonProblem(text);
        const offset =
          text
            .split('\n')
            .slice(0, line - 1)
            .join('\n').length +
          column -
          1;
        expect(offset).toBeLessThanOrEqual(text.length);
      }
    }),
  );
});
