/** A request's `custom_id`: the attempt's nonce proves whose it is, the ordinal says which document of the chunk. */
export function customId(nonce: string, ordinal: number): string {
  return `${nonce}-${ordinal}`;
}

/** Characters of a nonce: 96 random bits in hexadecimal. */
export const NONCE_LENGTH = 24;

const FORM = new RegExp(`^([0-9a-f]{${NONCE_LENGTH}})-(0|[1-9][0-9]{0,4})$`);

/** The parts of a `custom_id` of ours, or `undefined` for one that another tool made. */
export function parseCustomId(id: string): { nonce: string; ordinal: number } | undefined {
  const match = FORM.exec(id);
  return match ? { nonce: match[1]!, ordinal: Number(match[2]) } : undefined;
}
