import { MOST_LEVELS } from './limits';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = [0x5b, 0x7b];
const CLOSE = [0x5d, 0x7d];

/** The problem of JSON that `isTooDeep`, as the end of a sentence. */
export const TOO_DEEP = `is nested too deeply: at most ${MOST_LEVELS} levels of objects and arrays`;

/**
 * Returns whether a JSON text has too many levels of objects and arrays. Counts brackets outside strings
 * instead of parsing, because parsing a text of many brackets takes far more memory than the text, and
 * walking the result overflows the stack.
 */
export function isTooDeep(json: Buffer): boolean {
  let levels = 0;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at]!;
    if (byte === QUOTE) {
      at = stringEnd(json, at);
      if (at === -1) return false;
    } else if (byte === OPEN[0] || byte === OPEN[1]) {
      if (++levels > MOST_LEVELS) return true;
    } else if (byte === CLOSE[0] || byte === CLOSE[1]) levels--;
  }
  return false;
}

/** Returns the position of the quote that ends the string at `start`, or -1 if there is none. */
function stringEnd(json: Buffer, start: number): number {
  for (let end = json.indexOf(QUOTE, start + 1); end !== -1; end = json.indexOf(QUOTE, end + 1)) {
    let backslashes = 0;
    while (json[end - 1 - backslashes] === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return -1;
}
