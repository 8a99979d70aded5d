import type { Message } from '../../anthropic/message';
import type { Result } from '../types';
import type { SchemaIssue, StandardSchema } from './standard-schema';

/** Why an answer could not be parsed. The row's `message` still holds the answer. */
export interface ParseError {
  /**
   * `no_answer`: the answer has neither text nor a single tool call. `truncated`: it reached `max_tokens`
   * before its JSON was complete. `not_json`: its text is not JSON. `mismatch`: it does not fit the schema.
   */
  code: 'no_answer' | 'truncated' | 'not_json' | 'mismatch';
  message: string;
  /** For `mismatch`, what the schema objects to. `path` is like `items[0].name`, and empty for the whole. */
  issues: readonly { path: string; message: string }[];
}

/** A result with an answer. */
export type SucceededResult<Id extends string = string> = Extract<Result<Id>, { status: 'succeeded' }>;

/**
 * One line of a job's results, with its answer parsed by a schema. A succeeded row has either
 * `parsed_output` or `parse_error`, other rows have neither.
 */
export type ParsedResult<T, Id extends string = string> =
  | (SucceededResult<Id> & { parsed_output: T; parse_error?: undefined })
  | (SucceededResult<Id> & { parsed_output?: undefined; parse_error: ParseError })
  | (Exclude<Result<Id>, { status: 'succeeded' }> & { parsed_output?: undefined; parse_error?: undefined });

/** Yields the results of lines, and parses their answers if there is a schema. */
export async function* readLines(
  lines: AsyncIterable<Buffer>,
  schema: StandardSchema | undefined,
): AsyncGenerator<Result<string>> {
  for await (const line of lines) {
    const result = JSON.parse(line.toString('utf8')) as Result<string>;
    yield schema ? await parseResult(result, schema) : result;
  }
}

/** Parses the answer of a result, which keeps its message. */
export async function parseResult<T>(
  result: Result<string>,
  schema: StandardSchema<T>,
): Promise<ParsedResult<T>> {
  if (result.status !== 'succeeded') return result;
  const answer = answerOf(result.message);
  if ('error' in answer) return { ...result, parse_error: answer.error };
  const checked = await schema['~standard'].validate(answer.value);
  if (checked.issues) return { ...result, parse_error: mismatch(checked.issues) };
  return { ...result, parsed_output: checked.value };
}

/** Returns the blocks of an answer. A gateway may have sent none, or a block that is none. */
export const blocksOf = ({ content }: Message): Message['content'] =>
  Array.isArray(content) ? content.filter((block) => typeof block === 'object' && block !== null) : [];

/** Returns the JSON of an answer's text, or the input of its only tool call if it has no text. */
export function answerOf(message: Message): { value: unknown } | { error: ParseError } {
  const { stop_reason: reason } = message;
  const content = blocksOf(message);
  const text = content.map((block) => (block.type === 'text' ? block.text : '')).join('');
  const calls = content.flatMap((block) => (block.type === 'tool_use' ? [block.input] : []));
  if (text.trim() === '') {
    if (calls.length === 1) return { value: calls[0] };
    const found = calls.length === 0 ? 'no text' : `no text and ${calls.length} tool calls`;
    return failed('no_answer', `The answer has ${found} (stop_reason ${reason}).`);
  }
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    if (reason === 'max_tokens') {
      return failed(
        'truncated',
        'The answer reached max_tokens before its JSON was complete. Raise max_tokens.',
      );
    }
    return failed('not_json', `The text of the answer is not JSON: ${(error as SyntaxError).message}.`);
  }
}

const failed = (code: ParseError['code'], message: string): { error: ParseError } => ({
  error: { code, message, issues: [] },
});

const MOST_NAMED = 3;

function mismatch(found: readonly SchemaIssue[]): ParseError {
  const issues = found.map(({ path = [], message }) => ({ path: pathText(path), message }));
  const named = issues
    .slice(0, MOST_NAMED)
    .map(({ path, message }) => (path ? `${path}: ${message}` : message));
  const more = issues.length - named.length;
  const rest = more > 0 ? `; and ${more} more` : '';
  return {
    code: 'mismatch',
    message: `The answer does not fit the schema. ${named.join('; ')}${rest}`,
    issues,
  };
}

function pathText(path: NonNullable<SchemaIssue['path']>): string {
  let text = '';
  for (const step of path) {
    const key = typeof step === 'object' ? step.key : step;
    if (typeof key === 'number') text += `[${key}]`;
    else text += text === '' ? String(key) : `.${String(key)}`;
  }
  return text;
}
