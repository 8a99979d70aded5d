/** What an error of the API says of itself. */
export interface ErrorWords {
  /** `error.type`. */
  type?: string | null;
  /** `error.message`. */
  message?: string | null;
  /** `error.details.error_code`. */
  code?: string | null;
}

/** Codes of a spend limit that was reached, or of credit that is missing, whatever the status (SDK 1.12). */
const CODES = new Set([
  'contract_spend_limit_reached',
  'enforced_spend_limit_reached',
  'linked_organization_billing_unavailable',
  'linked_organization_spend_limit_reached',
]);

/** How the API has been seen to say so in an `invalid_request_error`, which has no code then. */
const SENTENCES = [
  /^Your credit balance is too low\b/i,
  /^You have reached your specified (workspace )?API usage limits\b/i,
];

/**
 * Whether an error speaks of the account's money and not of the request: no credit, or a spend limit that was reached. It is
 * over when a person adds credit or raises the limit, or when the month is.
 */
export function lacksFunds({ type, message, code }: ErrorWords): boolean {
  if (type === 'billing_error' || (code != null && CODES.has(code))) return true;
  return type === 'invalid_request_error' && SENTENCES.some((sentence) => sentence.test(message ?? ''));
}
