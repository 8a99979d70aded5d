import type { Document } from '../job-spec/builder';
import { InputError } from '../job-spec/errors';
import { lostDigits } from '../job-spec/json';
import { fieldLookup } from '../job-spec/lookup';
import { kind } from '../job-spec/show';

/**
 * How documents get their ids: from the field of that name, as text; where a document has no such field, its line number.
 *
 * @returns a function that throws {InputError} for an id that is neither text nor number, empty, or no whole text.
 */
export function identify(idField: string): (fields: Record<string, unknown>, line: number) => Document {
  const get = fieldLookup(idField);
  const named = JSON.stringify(idField);
  return (fields, line) => {
    const document = { id: String(line), line, fields };
    const value = get(document);
    if (value === undefined) return document;
    if (typeof value === 'string') {
      if (value === '') throw new InputError({ line, field: idField }, `the id field ${named} is empty.`);
      if (!value.isWellFormed()) {
        throw new InputError(
          { line, field: idField },
          `the id field ${named} holds half a surrogate pair, which is no character.`,
        );
      }
      document.id = value;
    } else if (typeof value === 'number') {
      if (lostDigits(value)) {
        throw new InputError(
          { line, field: idField },
          `the id field ${named} is a number with more digits than JavaScript keeps; write it as a string.`,
        );
      }
      document.id = String(value);
    } else {
      throw new InputError(
        { line, field: idField },
        `the id field ${named} is ${kind(value)}; an id is a string or a number.`,
      );
    }
    return document;
  };
}
