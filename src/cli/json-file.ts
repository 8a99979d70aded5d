import { buffer } from 'node:stream/consumers';
import { readRegularFile } from '../store/file/file-reader';
import { UsageError } from './exit';
import { jsonProblem } from './json-problem';

/**
 * Reads a JSON file that a flag names.
 *
 * @param what the role of the file, for messages, such as `template`
 * @throws {UsageError} that names the file and the position
 */
export async function readJsonFile(what: string, file: string): Promise<unknown> {
  let text: string;
  try {
    const bytes = await buffer(await readRegularFile(file));
    text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : (error as Error).message;
    throw new UsageError(`The ${what} ${file} cannot be read: ${reason}. Nothing was started.`);
  }
  try {
    return JSON.parse(text);
  } catch {
    const { line, column, problem } = jsonProblem(text);
    throw new UsageError(
      `The ${what} ${file} is not JSON: line ${line}, column ${column}: ${problem}. Nothing was started.`,
    );
  }
}
