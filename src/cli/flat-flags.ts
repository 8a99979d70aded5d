import { type FlatColumns, flattener } from '../client/read/flat-result';
import { UsageError } from './exit';
import type { FlatFormat } from './output/flat';

/** The flags of flat results. */
export interface FlatFlags {
  format: FlatFormat;
  flat?: boolean;
  select?: string[];
  include?: string[];
  follow?: boolean;
}

/**
 * Returns the columns that flat results get besides their own, or `undefined` if the flags do not ask for
 * flat results.
 *
 * @throws {UsageError} {@link OptionError}
 */
export function flatColumnsOf({
  flat,
  format,
  select,
  include,
  follow,
  out,
}: FlatFlags & { out?: string }): FlatColumns | undefined {
  if (!flat && format === 'jsonl' && !select && !include) return undefined;
  if (follow) {
    throw new UsageError(
      '`--follow` cannot be combined with `--flat`, `--select`, `--include` and formats other than jsonl. ' +
        'Wait with "status JOB --watch" first, or leave it out.',
    );
  }
  if (format === 'parquet' && out === undefined && process.stdout.isTTY) {
    throw new UsageError('Parquet is a binary format: give --out FILE, or redirect stdout.');
  }
  const columns = {
    select: select && once('--select', select.map(selected)),
    include: include && once('--include', include.flatMap((list) => list.split(',')).map(included)),
  };
  flattener(columns);
  return columns;
}

function once(flag: string, columns: [column: string, from: string][]): Record<string, string> {
  const twice = columns.find(([name], at) => columns.findIndex(([other]) => other === name) !== at);
  if (!twice) return Object.fromEntries(columns);
  throw new UsageError(`\`${flag}\` can name a column once (got ${twice[0]} twice).`);
}

function selected(text: string): [column: string, path: string] {
  const [, column, path] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
  if (column !== undefined && path !== undefined) return [column, path];
  throw new UsageError(`\`--select\` must be COLUMN=PATH, such as label=$.label (got ${text}).`);
}

function included(text: string): [column: string, field: string] {
  const [, column, field = column] = /^([^=]+)(?:=(.+))?$/s.exec(text.trim()) ?? [];
  if (column !== undefined && field !== undefined) return [column, field];
  throw new UsageError(
    `\`--include\` must be a list of FIELD or COLUMN=FIELD (got ${JSON.stringify(text)}).`,
  );
}
