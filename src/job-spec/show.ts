const LONGEST = 80;

/** A value as messages quote it: JSON where it has any, cut short. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint' || typeof value === 'symbol') return String(value);
  // JSON has no word for these and would say `null`.
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  try {
    return cut(JSON.stringify(value) ?? String(value));
  } catch {
    return 'an object that is not JSON';
  }
}

/** What kind of JSON value it is, for messages that must not quote a document. */
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
