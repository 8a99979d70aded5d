import type { Document } from '../job-spec/builder';
import { lostDigits } from '../job-spec/json';
import { fieldLookup } from '../job-spec/lookup';
import { kind } from '../job-spec/show';
import { InputError, idOfPlace } from '../job-spec/validation-errors';

/** Makes a document of the fields of a line. */
export type Identify = (fields: Record<string, unknown>, line: number, file?: string) => Document;

/** Makes documents without ids, for copies of an input: ids are given when a copy is read. */
export const unidentified: Identify = (fields, line, file) => ({
  ...{ id: '', line, fields },
  ...(file === undefined ? {} : { file }),
});

/**
 * Returns a function that gives documents their ids: the named field as a string or, if a document has no
 * such field, its line number, after the name of the file if the input has several. The function throws an
 * {@link InputError} for an id that is not a string or number, that is empty, that has a lone surrogate, or
 * that has lost digits.
 */
export function identify(idField: string): Identify {
  const get = fieldLookup(idField);
  const named = JSON.stringify(idField);
  return (fields, line, file) => {
    const document = { id: idOfPlace({ line, file }), line, ...(file === undefined ? {} : { file }), fields };
    const value = get(document);
    if (value === undefined) return document;
    const problem = problemOf(value);
    if (problem) throw new InputError({ line, file, field: idField }, `the id field ${named} ${problem}`);
    document.id = String(value);
    return document;
  };
}

function problemOf(value: unknown): string | undefined {
  if (typeof value === 'number') {
    return lostDigits(value)
      ? 'is an integer with more digits than JavaScript can hold. Write it as a string.'
      : undefined;
  }
  if (typeof value !== 'string') return `must be a string or a number (got ${kind(value)}).`;
  if (value === '') return 'must not be empty.';
  return value.isWellFormed()
    ? undefined
    : 'contains a lone surrogate, which is not a valid character. Fix the text.';
}
