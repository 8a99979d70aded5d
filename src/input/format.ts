import { show } from '../job-spec/show';
import type { InputFormat, InputType, StoredInput } from '../job-spec/spec';

/** The formats that an input may have. */
export const INPUT_FORMATS = [
  'jsonl',
  'json',
  'csv',
  'tsv',
  'parquet',
] as const satisfies readonly InputFormat[];

/** How a file is compressed. */
export type Compression = 'gzip' | 'zstd';

/** What a file's name, and the given options, say about its contents. */
export interface FileType extends InputType {
  compression?: Compression;
}

/** A file's name does not imply a format, or the given options contradict it. The message says what to do. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
}

const FORMATS: Record<string, InputFormat> = {
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  json: 'json',
  csv: 'csv',
  tsv: 'tsv',
  parquet: 'parquet',
};
const COMPRESSIONS: Record<string, Compression> = { gz: 'gzip', zst: 'zstd' };

/**
 * Decides how a file is to be read: by its extension, below a `.gz` or `.zst`. A given format replaces that
 * of the name.
 *
 * @throws {FormatError}
 */
export function fileTypeOf(name: string, { format, delimiter }: Partial<InputType> = {}): FileType {
  const [extension, below] = extensions(name);
  const compression = ownValue(COMPRESSIONS, extension);
  const typed = compression ? below : extension;
  const found = format ?? ownValue(FORMATS, typed);
  if (found === undefined) throw new FormatError(unknownFormat(name, typed));
  if (!(INPUT_FORMATS as readonly string[]).includes(found)) {
    throw new FormatError(`\`format\` must be one of ${INPUT_FORMATS.join(', ')} (got ${show(found)}).`);
  }
  if (compression && found === 'parquet') {
    throw new FormatError(
      `Parquet files are compressed inside, and not as a whole (got ${show(name)}). Decompress the file.`,
    );
  }
  return {
    format: found,
    ...(delimiter === undefined ? {} : { delimiter: checkedDelimiter(delimiter, found) }),
    ...(compression ? { compression } : {}),
  };
}

/** Returns how the copy of an input of this type is stored. */
export function storedAs({ format, delimiter }: InputType): StoredInput {
  if (format === 'parquet') return { format: 'rows' };
  if (format === 'tsv') return { format: 'csv', delimiter: '\t' };
  return { format, ...(delimiter === undefined ? {} : { delimiter }) };
}

/** Returns the last extension of a name and the one before it, in lower case and without the dot. */
function extensions(name: string): [last: string | undefined, below: string | undefined] {
  // A name that begins with a dot has no extension there.
  const [, ...parts] = name
    .replace(/^.*[/\\]/s, '')
    .replace(/^\.+/, '')
    .toLowerCase()
    .split('.');
  return [parts.at(-1), parts.at(-2)];
}

const ownValue = <T>(values: Record<string, T>, key: string | undefined): T | undefined =>
  key !== undefined && Object.hasOwn(values, key) ? values[key] : undefined;

function unknownFormat(name: string, extension: string | undefined): string {
  const found = extension === undefined ? 'has no extension' : `ends in .${extension}`;
  const known = Object.keys(FORMATS).map((one) => `.${one}`);
  return (
    `The format of the input ${show(name)} is unknown: its name ${found}. A name may end in ` +
    `${known.join(', ')}, also followed by .gz or .zst. For another name give \`format\` ` +
    `(--format ${INPUT_FORMATS.join(', ')}).`
  );
}

function checkedDelimiter(delimiter: string, format: InputFormat): string {
  if (format !== 'csv') {
    throw new FormatError(`\`delimiter\` is only for CSV, and the input's format is ${format}.`);
  }
  if (delimiter === '\\t') return '\t';
  if (typeof delimiter === 'string' && /^[^"\r\n]$/su.test(delimiter)) return delimiter;
  throw new FormatError(
    '`delimiter` must be one character other than a quote or a line break, such as ";", or "\\t" for a tab ' +
      `(got ${show(delimiter)}).`,
  );
}
