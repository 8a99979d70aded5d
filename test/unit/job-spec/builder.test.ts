import { expect, test } from 'vitest';
import { defineBuilder, type RequestBuilder } from '../../../src/job-spec/builder';
import { paramsOf } from '../../support/template';

test('a defined builder is the given function', () => {
  const build: RequestBuilder<{ text: string }> = ({ fields }) => paramsOf(fields.text);
  const defined = defineBuilder(build);
  expect(defined).toBe(build);
  expect(defined({ id: 'a', line: 1, fields: { text: 'hi' } })).toEqual(paramsOf('hi'));
});
