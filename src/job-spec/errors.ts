import { show } from './show';

export interface SpecProblem {
  /** The option as the user wrote it (`chunkSize`, `template.messages[0].role`). */
  option: string;
  /** A sentence with what was received and what is allowed. */
  message: string;
}

/** A job spec that cannot be taken. It holds all problems, so that a user mends them in one go. */
export class SpecError extends Error {
  override readonly name = 'SpecError';
  constructor(readonly problems: SpecProblem[]) {
    super(
      problems.length === 1
        ? `The job's options are not valid: ${problems[0]!.message}`
        : `The job's options are not valid:\n${problems.map(({ message }) => `- ${message}`).join('\n')}`,
    );
  }
}

/** Where in the input something is wrong. */
export interface InputPlace {
  /** Line of the input, from 1; a CSV row's first line. */
  line: number;
  /** The document's id, once it is known. */
  document?: string;
  field?: string;
}

/** An input that cannot be taken. The message names line, document and field and holds no document text. */
export class InputError extends Error {
  override readonly name = 'InputError';
  /** What Temporal may be told: nothing but where. */
  readonly publicMessage: string;
  constructor(
    readonly place: InputPlace,
    problem: string,
    options?: ErrorOptions & { publicProblem?: string },
  ) {
    super(`${subject(place)}: ${problem}`, options);
    this.publicMessage = `Line ${place.line} of the input ${options?.publicProblem ?? 'cannot be taken'}.`;
  }
}

function subject({ line, document }: InputPlace): string {
  return document === undefined || document === String(line)
    ? `Line ${line}`
    : `Document ${show(document)} (line ${line})`;
}
