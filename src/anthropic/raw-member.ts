const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

/**
 * Returns the unchanged bytes of an object's member, so that no number is rounded. Does not recurse: a value
 * may be nested to any depth. Of equal names, the last one counts, as for `JSON.parse`.
 *
 * @param json valid JSON: an object
 */
export function rawMember(json: Buffer, name: string): Buffer | undefined {
  let found: Buffer | undefined;
  let at = skipSpace(json, skipSpace(json, 0) + 1);
  while (json[at] === QUOTE) {
    const keyEnd = stringEnd(json, at);
    const key = JSON.parse(json.toString('utf8', at, keyEnd));
    const start = skipSpace(json, skipSpace(json, keyEnd) + 1);
    const end = valueEnd(json, start);
    if (key === name) found = json.subarray(start, end);
    at = skipSpace(json, end);
    if (json[at] === COMMA) at = skipSpace(json, at + 1);
  }
  return found;
}

const isSpace = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;

function skipSpace(json: Buffer, start: number): number {
  let at = start;
  while (isSpace(json[at])) at += 1;
  return at;
}

/** Returns the index after the string that begins at `start`. */
function stringEnd(json: Buffer, start: number): number {
  let at = start + 1;
  while (at < json.length && json[at] !== QUOTE) at += json[at] === BACKSLASH ? 2 : 1;
  return at + 1;
}

/** Returns the index after the value that begins at `start`. */
function valueEnd(json: Buffer, start: number): number {
  let depth = 0;
  let at = start;
  do {
    const byte = json[at]!;
    if (byte === QUOTE) {
      at = stringEnd(json, at);
      continue;
    }
    if (isOpening(byte)) depth += 1;
    else if (isClosing(byte)) depth -= 1;
    else if (depth === 0) return literalEnd(json, at);
    at += 1;
  } while (depth > 0 && at < json.length);
  return at;
}

/** Returns the index after the number, `true`, `false` or `null` that begins at `start`. */
function literalEnd(json: Buffer, start: number): number {
  let at = start;
  while (at < json.length && !endsLiteral(json[at]!)) at += 1;
  return at;
}

const isOpening = (byte: number): boolean => byte === 0x5b || byte === 0x7b;
const isClosing = (byte: number): boolean => byte === 0x5d || byte === 0x7d;
const endsLiteral = (byte: number): boolean => byte === COMMA || isClosing(byte) || isSpace(byte);
