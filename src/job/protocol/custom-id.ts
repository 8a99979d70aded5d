/**
 * Returns a request's `custom_id`: the attempt's nonce proves the owner, the ordinal identifies the chunk's
 * document.
 */
export function customId(nonce: string, ordinal: number): string {
  return `${nonce}-${ordinal}`;
}

/** Characters of a nonce: 96 random bits in hexadecimal. */
export const NONCE_LENGTH = 24;

const FORM = new RegExp(`^([0-9a-f]{${NONCE_LENGTH}})-(0|[1-9][0-9]{0,4})$`);

/** Returns the parts of one of our `custom_id`s, or `undefined` if another tool made it. */
export function parseCustomId(id: string): { nonce: string; ordinal: number } | undefined {
  const match = FORM.exec(id);
  return match ? { nonce: match[1]!, ordinal: Number(match[2]) } : undefined;
}
