import { expect, test } from 'vitest';
import { TemplateReview } from '../../../src/job-spec/template-review';
import { paramsOf } from '../../support/template';

function warnings(template: unknown, ...documents: Record<string, unknown>[]) {
  const review = new TemplateReview(template);
  for (const [index, fields] of documents.entries()) {
    review.see({ id: `d${index}`, line: index + 1, fields });
  }
  return review.warnings;
}

const NO_PLACEHOLDER =
  'The template has no placeholder, so every document gets the same request. Write {{field}} to insert a field.';

test.each([
  ['of a field', paramsOf('{{text}}'), { text: 'hi' }],
  ['of all params', '{{params}}', { params: paramsOf('hi') }],
  ['beside JSON in single braces', paramsOf('Answer as {"text": 1}: {{text}}'), { text: 'hi' }],
  ['beside a name that no document has', paramsOf('{other} {{text}}'), { text: 'hi' }],
  ['for a text with single braces', paramsOf('{{text}}'), { text: '{text}' }],
  ['of one field, with double braces in another', paramsOf('{{text}}'), { text: 'hi', notes: '{{x}}' }],
])('a template is fine with a placeholder %s', (_, template, document) => {
  expect(warnings(template, document)).toEqual([]);
});

test('a template without a placeholder is warned about', () => {
  expect(warnings(paramsOf('hi'))).toEqual([NO_PLACEHOLDER]);
  expect(warnings(paramsOf('\\{{text}}'))).toEqual([NO_PLACEHOLDER]);
});

test('single braces around a name that a document has as a field are warned about once', () => {
  const template = { ...paramsOf('Sum up: {text} in {meta.language}'), system: '{{role}}' };
  const document = { role: 'x', text: 'hi', meta: { language: 'en' } };
  expect(warnings(template, { role: 'x' }, document, document)).toEqual([
    'The template contains {text} in single braces, and documents have a field "text". Write {{text}} to insert it.',
    'The template contains {meta.language} in single braces, and documents have a field "meta.language". ' +
      'Write {{meta.language}} to insert it.',
  ]);
});

test('double braces in a field that is inserted are warned about once, and not quoted', () => {
  const params = paramsOf('Hello {{name}}');
  const expected = (field: string) => [
    `The field "${field}" of document "d1" (line 2) contains text in double braces. ` +
      'It is sent unchanged: only placeholders in the template are replaced.',
  ];
  const text = 'Hello {{name}}';
  expect(warnings(paramsOf('x {{text}}'), { text: 'hi' }, { text }, { text })).toEqual(expected('text'));
  expect(warnings('{{params}}', { params: paramsOf('hi') }, { params })).toEqual(expected('params'));
});
