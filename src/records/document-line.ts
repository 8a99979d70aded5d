/** A line of a chunk's `documents.jsonl`; its number is the document's ordinal. */
export interface StoredDocument {
  id: string;
  /** Line of the input, from 1. */
  line: number;
  /** Why its request cannot be sent. */
  not_sent?: { type: string; message: string };
}

/** The line with its newline. Equal ids are written with equal bytes. */
export function documentLine({ id, line, not_sent }: StoredDocument): string {
  return `${JSON.stringify({ id, line, not_sent })}\n`;
}

export function readDocument(line: Buffer): StoredDocument {
  return JSON.parse(line.toString('utf8')) as StoredDocument;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Where the id of a line begins, as it is written between its quotes. */
export const ID_START = '{"id":"'.length;

/** Where it ends: at the closing quote. */
export function idEnd(line: Buffer): number {
  let end = ID_START;
  while (end < line.length && line[end] !== QUOTE) end += line[end] === BACKSLASH ? 2 : 1;
  return end;
}
