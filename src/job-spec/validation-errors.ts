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

/** The position of a problem in the input. */
export interface InputPlace {
  /** The line of the input, from 1. For a CSV row, its first line. */
  line: number;
  /** The document's id, if it is known. */
  document?: string;
  field?: string;
}

/** The input is invalid. The message names line, document and field, and contains no document text. */
export class InputError extends Error {
  override readonly name = 'InputError';
  /** The message for Temporal, with only the position. */
  readonly publicMessage: string;
  constructor(
    readonly place: InputPlace,
    problem: string,
    options?: ErrorOptions & { publicProblem?: string },
  ) {
    super(`${subject(place)}: ${problem}`, options);
    this.publicMessage = `Line ${place.line} of the input ${options?.publicProblem ?? 'is invalid'}.`;
  }
}

function subject({ line, document }: InputPlace): string {
  return document === undefined || document === String(line)
    ? `Line ${line}`
    : `Document ${show(document)} (line ${line})`;
}
