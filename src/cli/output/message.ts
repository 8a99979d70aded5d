import { isGrpcServiceError } from '@temporalio/client';
import { BatchClientError } from '../../client/errors';
import { failureMessage } from '../../job/failure';
import { SpecError } from '../../job-spec/errors';
import { OPTION_NAMES } from '../../job-spec/options';
import { StoreError, StoreLocationError } from '../../store/store';
import { UsageError } from '../exit';

/** Options that hold several, of which a flag gives one. */
const ONE_OF: Record<string, string> = { betas: 'beta', tags: 'tag' };

/** `chunkSize` as the command line calls it. */
const flagOf = (option: string) =>
  `--${(ONE_OF[option] ?? option).replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)}`;

/** What a person at the terminal is told of an error: never a stack trace of one that was to be expected. */
export function messageOf(error: unknown): string {
  if (error instanceof SpecError) {
    const problems = error.problems.map(({ option, message }) => {
      // Options within the template are named by their path, which stays.
      const own = /^[a-z]+$/i.test(option) ? message.replace(option, flagOf(option)) : message;
      return own.replace(/\b[a-z]+[A-Z]\w*/g, (word) => (OPTION_NAMES.includes(word) ? flagOf(word) : word));
    });
    return problems.length === 1
      ? problems[0]!
      : `The job's options are not valid:\n${problems.map((p) => `- ${p}`).join('\n')}`;
  }
  const expected = [UsageError, BatchClientError, StoreError, StoreLocationError].some(
    (type) => error instanceof type,
  );
  if (expected) return (error as Error).message;
  if (!(error instanceof Error)) return String(error);
  if (isGrpcServiceError(error)) return `The Temporal server refused the call: ${error.details}`;
  const root = failureMessage(error);
  const message = root === error.message ? root : `${error.message}: ${root}`;
  // An error that nobody foresaw: where it came from is what helps to mend it.
  return EXPECTED_NAMES.has(error.constructor.name) || isSystemError(error)
    ? message
    : (error.stack ?? message);
}

const EXPECTED_NAMES = new Set([
  'ServiceError',
  'NamespaceNotFoundError',
  'WorkflowNotFoundError',
  'ServerNotFoundError',
  'TransportError',
  'Error',
]);

const isSystemError = (error: Error) => typeof (error as NodeJS.ErrnoException).code === 'string';
