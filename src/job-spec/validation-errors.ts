import { AnthropicBatchError } from '../errors/anthropic-batch-error';
import type { Document } from './builder';
import { show } from './show';
import type { InputUnit } from './spec';

/** One problem of a job spec. */
export interface SpecProblem {
  /** The option as the user wrote it (`chunkSize`, `template.messages[0].role`). */
  option: string;
  /** The message: what is allowed and what was received. */
  message: string;
}

/** The job spec is invalid. The error has all problems, so that a user can fix them at once. */
export class SpecError extends AnthropicBatchError {
  override readonly name = 'SpecError';
  override readonly code = 'SPEC';
  constructor(readonly problems: SpecProblem[]) {
    super(
      problems.length === 1
        ? `The job's options are not valid: ${problems[0]!.message}`
        : `The job's options are not valid:\n${problems.map(({ message }) => `- ${message}`).join('\n')}`,
    );
  }
}

/** The position of a problem in the input. */
export interface InputPlace {
  /**
   * The line of the input, from 1: for a CSV row, its first line; in a JSON array or Parquet file, the
   * number of the element or row.
   * 0 for the input as a whole.
   */
  line: number;
  /** The file that has the line, if the input has several. */
  file?: string;
  /** What `line` counts. Default `line`. */
  unit?: InputUnit;
  /** The document's id, if it is known. */
  document?: string;
  field?: string;
}

/** The input is invalid. The message names line, document and field, and contains no document text. */
export class InputError extends Error {
  override readonly name = 'InputError';
  /** The message for Temporal, with only the position. */
  readonly publicMessage: string;
  readonly #problem: string;
  readonly #options: (ErrorOptions & { publicProblem?: string }) | undefined;
  constructor(
    readonly place: InputPlace,
    problem: string,
    options?: ErrorOptions & { publicProblem?: string },
  ) {
    super(`${subject(place)}${place.line === 0 ? '' : ':'} ${problem}`, options);
    this.#problem = problem;
    this.#options = options;
    this.publicMessage = `${publicSubject(place)} ${options?.publicProblem ?? 'is invalid'}.`;
  }

  /** Returns this error for an input whose documents are counted in another unit than lines. */
  countedIn(unit: InputUnit): InputError {
    return new InputError({ ...this.place, unit }, this.#problem, this.#options);
  }

  /** Returns this error for one of several files. */
  inFile(file: string): InputError {
    return new InputError({ ...this.place, file }, this.#problem, this.#options);
  }
}

/** Returns the place of a document: `line 3`, or `docs/a.csv:3` if the input has several files. */
export function placeText({ line, file, unit = 'line' }: Pick<InputPlace, 'line' | 'file' | 'unit'>): string {
  return file === undefined ? `${unit} ${line}` : idOfPlace({ line, file });
}

/** Returns the id of a document that has none. */
export function idOfPlace({ line, file }: Pick<InputPlace, 'line' | 'file'>): string {
  return file === undefined ? String(line) : `${file}:${line}`;
}

/** Returns the place of a document, for an error. */
export function placeOf({ id, line, file }: Pick<Document, 'id' | 'line' | 'file'>): InputPlace {
  return { line, file, document: id };
}

function subject(place: InputPlace): string {
  const { line, file, document } = place;
  const whole = file === undefined ? 'The input' : `The file ${file}`;
  if (line === 0) return whole;
  const text = placeText(place);
  if (document !== undefined && document !== idOfPlace(place)) return `Document ${show(document)} (${text})`;
  return file === undefined ? capital(text) : text;
}

/** Does not name the file, because its name may be confidential. */
function publicSubject({ line, file, unit = 'line' }: InputPlace): string {
  const whole = file === undefined ? 'the input' : "one of the input's files";
  return capital(line === 0 ? whole : `${unit} ${line} of ${whole}`);
}

const capital = (text: string) => text[0]!.toUpperCase() + text.slice(1);
