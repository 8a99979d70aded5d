import { readFile } from 'node:fs/promises';
import { UsageError } from './exit';
import { jsonProblem } from './json-problem';

/** A request template from a JSON file. @throws {UsageError} that names the file and the position. */
export async function readTemplate(file: string): Promise<unknown> {
  let text: string;
  try {
    text = (await readFile(file, 'utf8')).replace(/^\uFEFF/, '');
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : (error as Error).message;
    throw new UsageError(`The template ${file} cannot be read: ${reason}. Nothing was started.`);
  }
  try {
    return JSON.parse(text);
  } catch {
    const { line, column, problem } = jsonProblem(text);
    throw new UsageError(
      `The template ${file} is not JSON: line ${line}, column ${column}: ${problem}. Nothing was started.`,
    );
  }
}
