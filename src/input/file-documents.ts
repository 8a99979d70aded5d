import { isUtf8 } from 'node:buffer';
import { basename, extname } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { MOST_LINE_BYTES } from '../job-spec/limits';
import { show } from '../job-spec/show';
import { FormatError } from './format';
import type { InputSourceFile } from './input-file';
import { withoutBom } from './json-object';
import { rowLine } from './rows';
import { UnreadableFileError } from './unreadable-file';

/** A file that is a document. */
export interface DocumentFile extends InputSourceFile {
  /** The document's id. */
  name: string;
}

type MediaType = 'application/pdf' | 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp' | 'text/plain';

const MEDIA_TYPES: Record<string, MediaType> = {
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.txt': 'text/plain',
  '.md': 'text/plain',
};

/** The most bytes of a file. Its base64 must fit into a request, beside the rest of it. */
export const MOST_FILE_BYTES = Math.floor(((MOST_LINE_BYTES - 1_000_000) / 4) * 3);

/** Checks that a file can be a document, by its name. @throws {FormatError} */
export function assertDocumentName(name: string): void {
  if (mediaTypeOf(name)) return;
  throw new FormatError(
    `The file ${show(name)} cannot be a document: a name must end in ${Object.keys(MEDIA_TYPES).join(', ')}.`,
  );
}

/**
 * Yields a document for each file as a row: the `id` is the file's name, `content` a content block of the
 * Messages API, `text` the text of a text file. One file is in memory at a time.
 *
 * @throws {UnreadableFileError} if a file is empty, too large, or not of the kind that its name says
 */
export async function* importDocument(file: DocumentFile, line: number): AsyncGenerator<Uint8Array> {
  const { name, source, key } = file;
  const size = (await source.head(key))?.size ?? 0;
  // Before it is read, because it may not fit into memory.
  assertSize(size);
  const bytes = await buffer(await source.open(key));
  assertSize(bytes.length);
  const fields = { id: name, name: basename(name), ...contentOf(bytes, mediaTypeOf(name)!) };
  yield Buffer.from(rowLine({ line, fields }));
}

const mediaTypeOf = (name: string): MediaType | undefined => {
  const extension = extname(name).toLowerCase();
  return Object.hasOwn(MEDIA_TYPES, extension) ? MEDIA_TYPES[extension] : undefined;
};

function assertSize(size: number): void {
  if (size === 0) throw new UnreadableFileError('it is empty');
  if (size <= MOST_FILE_BYTES) return;
  throw new UnreadableFileError(
    `it has ${size} bytes, and a document may have at most ${MOST_FILE_BYTES}: a request with its base64 may have ` +
      '32 MB. Divide it, or leave it out',
  );
}

function contentOf(bytes: Buffer, mediaType: MediaType): { text?: string; content: object } {
  if (mediaType === 'text/plain') {
    if (!isUtf8(bytes)) throw new UnreadableFileError('it is not UTF-8 text');
    const text = withoutBom(bytes).toString('utf8');
    return {
      text,
      content: { type: 'document', source: { type: 'text', media_type: mediaType, data: text } },
    };
  }
  const found = SIGNATURES.find(({ is }) => is(bytes))?.mediaType;
  if (found !== mediaType) {
    const begins = found ? `it begins like ${found}. Rename it` : 'its first bytes say otherwise';
    throw new UnreadableFileError(`its name says ${mediaType}, but ${begins}`);
  }
  const type = mediaType === 'application/pdf' ? 'document' : 'image';
  const data = bytes.toString('base64');
  return { content: { type, source: { type: 'base64', media_type: mediaType, data } } };
}

const beginsWith = (bytes: Buffer, text: string, at = 0) =>
  bytes.toString('latin1', at, at + text.length) === text;

/** The first bytes of each kind. */
const SIGNATURES: { mediaType: MediaType; is(bytes: Buffer): boolean }[] = [
  // Readers accept other bytes before it.
  { mediaType: 'application/pdf', is: (bytes) => bytes.subarray(0, 1024).includes('%PDF-') },
  { mediaType: 'image/png', is: (bytes) => beginsWith(bytes, '\x89PNG\r\n\x1a\n') },
  { mediaType: 'image/jpeg', is: (bytes) => beginsWith(bytes, '\xff\xd8\xff') },
  { mediaType: 'image/gif', is: (bytes) => beginsWith(bytes, 'GIF8') },
  { mediaType: 'image/webp', is: (bytes) => beginsWith(bytes, 'RIFF') && beginsWith(bytes, 'WEBP', 8) },
];
