/**
 * Returns whether no string of a JSON text has a lone surrogate. `JSON.stringify` writes a lone surrogate as
 * an escape, which a server cannot decode to the original text.
 */
export function isWellFormedJson(text: string): boolean {
  // `JSON.stringify` writes `\ud…` only for lone surrogates, so this search is enough for most texts.
  return !text.includes('\\ud') || stringsAreWellFormed(JSON.parse(text));
}

function stringsAreWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  for (const [key, inner] of Object.entries(value)) {
    if (!key.isWellFormed() || !stringsAreWellFormed(inner)) return false;
  }
  return true;
}

/** Returns whether a parsed number may have lost digits, such as an 18-digit id. */
export function lostDigits(value: number): boolean {
  return Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < 1e21;
}
