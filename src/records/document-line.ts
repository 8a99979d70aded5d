/** A line of a chunk's `documents.jsonl`. Its number is the document's ordinal. */
export interface StoredDocument {
  id: string;
  /** Line of the input, from 1. */
  line: number;
  /** The file that has the line, if the input has several. */
  file?: string;
  /** Why the request cannot be sent. */
  not_sent?: { type: string; message: string };
}

/** Returns the line with its newline. Equal ids are written with equal bytes. */
export function documentLine({ id, line, file, not_sent }: StoredDocument): string {
  return `${JSON.stringify({ id, line, file, not_sent })}\n`;
}

export function readDocument(line: Buffer): StoredDocument {
  return JSON.parse(line.toString('utf8')) as StoredDocument;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Offset of the id in a line, after its opening quote. */
export const ID_START = '{"id":"'.length;

/** Returns the offset of the id's closing quote. */
export function idEnd(line: Buffer): number {
  let end = ID_START;
  while (end < line.length && line[end] !== QUOTE) end += line[end] === BACKSLASH ? 2 : 1;
  return end;
}
