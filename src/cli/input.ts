import type { InputSource } from '../client/types';
import type { InputType } from '../job-spec/spec';
import { UsageError } from './exit';

/** The flags that say how an input is read. */
export interface InputFlags extends Partial<InputType> {
  files?: boolean;
}

/** Returns the input that the words of a command name: files, or `-` for stdin. */
export function inputOf(names: readonly string[], { format, delimiter, files }: InputFlags): InputSource {
  if (files) {
    if (format !== undefined || delimiter !== undefined || names.includes('-')) {
      throw new UsageError(
        '`--files` cannot be combined with --format, --delimiter or - (stdin): each file is one document.',
      );
    }
    return { files: names };
  }
  if (!names.includes('-')) return { file: names, format, delimiter };
  if (names.length > 1) throw new UsageError('`-` (stdin) cannot be combined with other inputs.');
  return { stream: process.stdin, format, delimiter };
}

/** Names an input in a message. */
export const inputName = (names: readonly string[]): string =>
  names.length > 3 ? `${names.slice(0, 3).join(' ')} …` : names.join(' ');
