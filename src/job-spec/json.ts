/**
 * Whether all strings of a JSON text are whole characters. `JSON.stringify` writes half a surrogate pair as an escape, which
 * no server can read back as the text that was meant.
 */
export function isWellFormedJson(text: string): boolean {
  // `JSON.stringify` writes `\ud…` for half pairs only, so one look settles most texts.
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

/** A number that JSON wrote with more digits than JavaScript keeps, such as an 18-digit id. */
export function lostDigits(value: number): boolean {
  return Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < 1e21;
}
