/** Quotes a text for a visibility query. */
export const queryText = (value: string) => `"${value.replace(/["\\]/g, '\\$&')}"`;
