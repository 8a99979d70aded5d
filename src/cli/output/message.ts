import { isGrpcServiceError } from '@temporalio/client';
import { OptionError } from '../../client/errors';
import { AnthropicBatchError } from '../../errors/anthropic-batch-error';
import { failureMessage } from '../../job/failure';
import { OPTION_NAMES } from '../../job-spec/options';
import { SpecError } from '../../job-spec/validation-errors';
import { StoreLocationError } from '../../store/store';
import { EXIT, exitCodeOfError, UsageError } from '../exit';
import { say } from './print';

/** The flags of options that hold several values, of which each flag gives one. */
const ONE_OF: Record<string, string> = {
  betas: 'beta',
  allowUnknownParams: 'allow-unknown-param',
  tags: 'tag',
};

/** Returns the flag of an option: `--chunk-size` for `chunkSize`. */
const flagOf = (option: string) =>
  `--${(ONE_OF[option] ?? option).replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)}`;

/** Replaces the names of options in backticks by their flags. */
export const inFlags = (text: string): string =>
  text.replace(/`([a-z][A-Za-z]*)`/g, (_, option: string) => `\`${flagOf(option)}\``);

/** Prints an error, and where the documentation explains it. After a usage error, prints only the message. */
export function sayError(error: unknown): void {
  say(`Error: ${messageOf(error)}`);
  if (error instanceof AnthropicBatchError && exitCodeOfError(error) !== EXIT.usage)
    say(`See temporal-anthropic-batch/${error.docs}`);
}

/** Returns the message for an error, in terms of flags. Has a stack trace only if the error is unexpected. */
export function messageOf(error: unknown): string {
  if (error instanceof SpecError) {
    const problems = error.problems.map(({ option, message }) => {
      // Options inside the template keep their path as their name.
      const own = /^[a-z]+$/i.test(option) ? message.replace(option, flagOf(option)) : message;
      return own.replace(/\b[a-z]+[A-Z]\w*/g, (word) => (OPTION_NAMES.includes(word) ? flagOf(word) : word));
    });
    return problems.length === 1
      ? problems[0]!
      : `The job's options are not valid:\n${problems.map((p) => `- ${p}`).join('\n')}`;
  }
  if (error instanceof OptionError || error instanceof StoreLocationError) return inFlags(error.message);
  if (error instanceof UsageError || error instanceof AnthropicBatchError) return error.message;
  if (!(error instanceof Error)) return String(error);
  if (isGrpcServiceError(error)) return `The Temporal server refused the call: ${error.details}`;
  const root = failureMessage(error);
  const message = root === error.message ? root : `${error.message}: ${root}`;
  // The stack trace of an unexpected error helps to fix it.
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
