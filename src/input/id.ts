import type { Document } from '../job-spec/builder';
import { InputError } from '../job-spec/errors';
import { lostDigits } from '../job-spec/json';
import { fieldLookup } from '../job-spec/lookup';
import { kind } from '../job-spec/show';

/**
 * Returns a function that gives documents their ids: the named field as a string or, if a document has no
 * such field, its line number. The function throws an {@link InputError} for an id that is not a string or
 * number, that is empty, that has a lone surrogate, or that has lost digits.
 */
export function identify(idField: string): (fields: Record<string, unknown>, line: number) => Document {
  const get = fieldLookup(idField);
  const named = JSON.stringify(idField);
  return (fields, line) => {
    const document = { id: String(line), line, fields };
    const value = get(document);
    if (value === undefined) return document;
    if (typeof value === 'string') {
      if (value === '')
        throw new InputError({ line, field: idField }, `the id field ${named} must not be empty.`);
      if (!value.isWellFormed()) {
        throw new InputError(
          { line, field: idField },
          `the id field ${named} contains a lone surrogate, which is not a valid character. Fix the text.`,
        );
      }
      document.id = value;
    } else if (typeof value === 'number') {
      if (lostDigits(value)) {
        throw new InputError(
          { line, field: idField },
          `the id field ${named} is an integer with more digits than JavaScript can hold. ` +
            'Write it as a string.',
        );
      }
      document.id = String(value);
    } else {
      throw new InputError(
        { line, field: idField },
        `the id field ${named} must be a string or a number (got ${kind(value)}).`,
      );
    }
    return document;
  };
}
