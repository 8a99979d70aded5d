import { readUsage } from '../../cost/prices/usage';
import type { Document } from '../../job-spec/builder';
import { fieldLookup } from '../../job-spec/lookup';
import { OptionError, quoted } from '../errors';
import type { Result } from '../types';
import { jsonPath } from './json-path';
import { answerOf, blocksOf } from './parsed-results';

/** The kind of values in a column. A `json` column may hold any JSON value. */
export type FlatType = 'text' | 'integer' | 'usd' | 'json';

/** The columns that each flat result has, in order. */
export const FLAT_COLUMNS = {
  id: 'text',
  status: 'text',
  class: 'text',
  model: 'text',
  stop_reason: 'text',
  text: 'text',
  answer: 'json',
  error_type: 'text',
  error_message: 'text',
  attempts: 'integer',
  input_tokens: 'integer',
  output_tokens: 'integer',
  cache_write_5m_tokens: 'integer',
  cache_write_1h_tokens: 'integer',
  cache_read_tokens: 'integer',
  web_searches: 'integer',
  cost_usd: 'usd',
  batch_id: 'text',
  custom_id: 'text',
} as const satisfies Record<string, FlatType>;

/** One result as a row of a table. A value that the result does not have is `null`. */
export interface FlatResult {
  /** The document's id. */
  id: string;
  status: Result['status'];
  class: Result['class'];
  /** The model as the answer names it. */
  model: string | null;
  stop_reason: string | null;
  /** The text of the answer: its text blocks, joined. */
  text: string | null;
  /** The parsed JSON of the text, or the input of the only tool call. `null` if the text is not JSON. */
  answer: unknown;
  error_type: string | null;
  error_message: string | null;
  /** Rounds in which the document was sent. */
  attempts: number;
  /** Tokens of the prompt, neither read from a cache nor written to one. */
  input_tokens: number | null;
  output_tokens: number | null;
  cache_write_5m_tokens: number | null;
  cache_write_1h_tokens: number | null;
  cache_read_tokens: number | null;
  web_searches: number | null;
  /**
   * The cost of the row's own answer in USD, an exact decimal string at the job's prices. `0.00` for a row
   * that was not billed, such as an answer that another document or job has paid for. `null` if unknown.
   */
  cost_usd: string | null;
  batch_id: string | null;
  custom_id: string | null;
  /** The columns of `select` and `include`. */
  [column: string]: unknown;
}

/** The columns that a flat result has besides its own. */
export interface FlatColumns {
  /**
   * Values of the parsed answer by column, such as `{ label: '$.label' }`. A path names one value:
   * `$.items[0].name`, `$["a name"]`.
   */
  select?: Readonly<Record<string, string>>;
  /** Fields of the input document by column, such as `{ question: 'text' }`. */
  include?: Readonly<Record<string, string>>;
}

/** What a flat result needs besides the result. */
export interface FlatSource {
  /** The input document. Required for `include`. */
  document?: Document;
  /** The cost of the answer. Default `null`, unknown. */
  costUsd?: string | null;
}

/**
 * Returns a function that maps results to flat ones.
 *
 * @throws {OptionError} for a column that is already there, and for a path that is not supported.
 */
export function flattener({
  select = {},
  include = {},
}: FlatColumns): (result: Result, source?: FlatSource) => FlatResult {
  const names = [...Object.keys(select), ...Object.keys(include)];
  for (const [index, name] of names.entries()) {
    if (name !== '' && !Object.hasOwn(FLAT_COLUMNS, name) && names.indexOf(name) === index) continue;
    throw new OptionError(
      `The column ${quoted(name)} of \`select\` or \`include\` must have a name of its own. These are taken: ` +
        `${[...Object.keys(FLAT_COLUMNS), ...names.slice(0, index)].join(', ')}.`,
    );
  }
  const selected = Object.entries(select).map(([name, path]) => [name, jsonPath(path)] as const);
  const included = Object.entries(include).map(([name, field]) => [name, fieldLookup(field)] as const);
  return (result, { document, costUsd = null } = {}) => {
    const flat = flatResult(result, costUsd);
    const added = [
      ...selected.map(([name, read]) => [name, read(flat.answer) ?? null]),
      ...included.map(([name, read]) => [name, (document && read(document)) ?? null]),
    ];
    return { ...flat, ...Object.fromEntries(added) };
  };
}

/**
 * Maps a result to one row of a table, with the columns that `results --flat` prints. Its `cost_usd` is
 * `null` by default, because a result does not say at which prices it was billed. `JobHandle.flatResults`
 * computes it.
 */
export function flatResult(result: Result, costUsd: string | null = null): FlatResult {
  const { id, status, attempts, batch_id, custom_id, message, error } = result;
  const answer = message && answerOf(message);
  const blocks = message ? blocksOf(message) : [];
  const texts = blocks.flatMap((block) => (block.type === 'text' ? [block.text] : []));
  return {
    id,
    status,
    class: result.class,
    model: message?.model ?? null,
    stop_reason: message?.stop_reason ?? null,
    text: texts.length > 0 ? texts.join('') : null,
    answer: answer && 'value' in answer ? answer.value : null,
    error_type: error?.type ?? null,
    error_message: error?.message ?? null,
    attempts,
    ...billedColumns(message),
    cost_usd: costUsd,
    batch_id,
    custom_id,
  };
}

function billedColumns(message: Result['message']) {
  const { tokens, webSearches } = readUsage(message) ?? {};
  return {
    input_tokens: tokens?.input ?? null,
    output_tokens: tokens?.output ?? null,
    cache_write_5m_tokens: tokens?.cacheWrite5m ?? null,
    cache_write_1h_tokens: tokens?.cacheWrite1h ?? null,
    cache_read_tokens: tokens?.cacheRead ?? null,
    web_searches: webSearches ?? null,
  };
}
