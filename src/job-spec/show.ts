const LONGEST = 80;

/** Formats a value for a message: as JSON if possible, at most 80 characters. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint' || typeof value === 'symbol') return String(value);
  // JSON would turn `NaN` and infinities into `null`.
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  try {
    return cut(JSON.stringify(value) ?? String(value));
  } catch {
    return 'an object that is not JSON';
  }
}

/** Returns the kind of a JSON value, for messages that must not quote a document. */
export function kind(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  return `a ${typeof value}`;
}

function cut(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;
}
