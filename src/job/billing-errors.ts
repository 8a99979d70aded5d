/** The fields of an API error that identify it. */
export interface ErrorWords {
  /** `error.type`. */
  type?: string | null;
  /** `error.message`. */
  message?: string | null;
  /** `error.details.error_code`. */
  code?: string | null;
}

/** Codes for a reached spend limit or missing credit, independent of the status (SDK 1.14). */
export const BILLING_CODES: ReadonlySet<string> = new Set([
  'contract_spend_limit_reached',
  'enforced_spend_limit_reached',
  'linked_organization_billing_unavailable',
  'linked_organization_spend_limit_reached',
]);

/** Known messages for the same in an `invalid_request_error`, which then has no code. */
const SENTENCES = [
  /^Your credit balance is too low\b/i,
  /^You have reached your specified (workspace )?API usage limits\b/i,
];

/**
 * Returns whether an error concerns the account's money and not the request: no credit, or a reached spend
 * limit. It ends when a person adds credit or raises the limit, or at the end of the month.
 */
export function lacksFunds({ type, message, code }: ErrorWords): boolean {
  if (type === 'billing_error' || (code != null && BILLING_CODES.has(code))) return true;
  return type === 'invalid_request_error' && SENTENCES.some((sentence) => sentence.test(message ?? ''));
}
