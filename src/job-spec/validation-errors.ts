import { AnthropicBatchError } from '../errors/anthropic-batch-error';
import { show } from './show';

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

/** What the numbers of an input's documents count. */
export type InputUnit = 'line' | 'element';

/** The position of a problem in the input. */
export interface InputPlace {
  /**
   * The line of the input, from 1: for a CSV row, its first line; in a JSON array, the number of the element.
   * 0 for the input as a whole.
   */
  line: number;
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
    const { line, unit = 'line' } = place;
    const what = line === 0 ? 'The input' : `${capital(unit)} ${line} of the input`;
    this.publicMessage = `${what} ${options?.publicProblem ?? 'is invalid'}.`;
  }

  /** Returns this error for an input whose documents are counted in another unit than lines. */
  countedIn(unit: InputUnit): InputError {
    return new InputError({ ...this.place, unit }, this.#problem, this.#options);
  }
}

function subject({ line, unit = 'line', document }: InputPlace): string {
  if (line === 0) return 'The input';
  return document === undefined || document === String(line)
    ? `${capital(unit)} ${line}`
    : `Document ${show(document)} (${unit} ${line})`;
}

const capital = (word: string) => word[0]!.toUpperCase() + word.slice(1);
