import type { APIError } from '@anthropic-ai/sdk';
import { lacksFunds } from '../job/billing-errors';
import { FAILURE, type FailureType } from '../job/failure';
import { MalformedReply } from './replies';
import { withoutKnownForms } from './secrets';
import { SilentBodyError } from './silent-body';

export interface ApiFailure {
  type: FailureType;
  /** What happened and what to do next; never a key. It quotes the API, which may quote a request. */
  message: string;
  /** The same without the words of others: what Temporal may be told. */
  publicMessage: string;
  /** The API's own answer that nothing was created, as far as a create is concerned. */
  refused: boolean;
  /** No connection was made: nothing that was sent can have reached anybody. */
  unsent?: boolean;
  /** The API refuses this very request, whoever sends it and whenever: what it says of it. */
  ofRequest?: { type: string; message: string; code?: string; requestId?: string };
  /** Milliseconds that the server asked to wait. */
  retryAfter?: number;
}

/** A call of the API that failed. The SDK's own error stays below: it quotes what was sent, in its message, headers and causes. */
export class ApiCallError extends Error {
  override readonly name = 'ApiCallError';
  constructor(readonly failure: ApiFailure) {
    super(failure.message);
  }
}

interface ReadOptions {
  /** Milliseconds. Default: the time. */
  now?: number;
  /** Takes out what the client authenticates with: messages are kept and shown for years. */
  withoutSecrets?: (text: string) => string;
}

/** Reads an error of the SDK, or of the socket below it: the one place that knows statuses. */
export function readFailure(
  error: unknown,
  { now = Date.now(), withoutSecrets = withoutKnownForms }: ReadOptions = {},
): ApiFailure {
  if (error instanceof ApiCallError) return error.failure;
  const { message, publicMessage = message, ofRequest, ...failure } = read(error, now);
  return {
    ...failure,
    ...(ofRequest ? { ofRequest: { ...ofRequest, message: withoutSecrets(ofRequest.message) } } : {}),
    message: withoutSecrets(message),
    publicMessage: withoutSecrets(publicMessage),
  };
}

/** A message without a public one is its own. */
type Reading = Omit<ApiFailure, 'publicMessage'> & { publicMessage?: string };

function read(error: unknown, now: number): Reading {
  const root = rootOf(error) ?? error;
  if (root instanceof SilentBodyError) return unavailable(`The Anthropic API is silent: ${root.message}.`);
  if (isApiError(error)) return error.status === undefined ? readConnection(error) : readStatus(error, now);
  if (error instanceof MalformedReply) {
    return {
      type: FAILURE.malformed,
      message: `The Anthropic API sent a ${error.message}. Check the gateway or proxy in front of it, where there is one.`,
      refused: false,
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  if (/Could not resolve authentication method/.test(message)) {
    return {
      type: FAILURE.authentication,
      message: 'There is no Anthropic API key: set ANTHROPIC_API_KEY, or pass a client of your own.',
      refused: true,
    };
  }
  // What fetch says here quotes the whole header, and so the key.
  if (/is an invalid header value|Cannot convert argument to a ByteString/.test(message)) {
    return {
      type: FAILURE.authentication,
      message:
        'The Anthropic API cannot be called: the API key, or another header, holds a character that HTTP does not take, ' +
        'such as a line break. Check the key.',
      refused: true,
    };
  }
  if (error instanceof Error && error.name === 'AnthropicError') {
    return unavailable(message, 'The Anthropic SDK failed.');
  }
  return {
    ...unavailable(
      `The connection to the Anthropic API broke: ${message}${detailOf(error)}`,
      `The connection to the Anthropic API broke${codeOf(error)}.`,
    ),
    ...unsentBy(error),
  };
}

/**
 * By its shape and not by its class: the SDK is an ES module and a CommonJS one, and the client of a user's ES module throws
 * errors of classes that this CommonJS module never meets.
 */
function isApiError(error: unknown): error is APIError {
  return error instanceof Error && 'apiMessage' in error && 'requestID' in error && 'status' in error;
}

function unavailable(message: string, publicMessage?: string): Reading {
  return { type: FAILURE.unavailable, message, publicMessage, refused: false };
}

/** Names of errors with which this side ends its own upload: the gate's and the store's. */
const UPLOAD_ERRORS = new Set(['GateClosed', 'StoreError', 'KeyNotFoundError']);

/** No answer at all: the network, a timeout, or this side, which ended the call. */
function readConnection(error: APIError): Reading {
  const root = rootOf(error);
  // Nobody is to look for a broken network then.
  if (root && UPLOAD_ERRORS.has(root.name)) {
    const told = 'publicMessage' in root ? root.publicMessage : root.message;
    return unavailable(`The batch was not sent: ${root.message}`, `The batch was not sent: ${told}`);
  }
  return {
    ...unavailable(
      `The Anthropic API cannot be reached: ${error.message}${detailOf(error)}`,
      `The Anthropic API cannot be reached${codeOf(error)}.`,
    ),
    ...unsentBy(error),
  };
}

/** Codes that a socket has only before its connection is made. */
const NO_CONNECTION: readonly unknown[] = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
];

function unsentBy(error: unknown): Pick<ApiFailure, 'unsent'> {
  const { code } = Object(rootOf(error) ?? error) as { code?: unknown };
  return NO_CONNECTION.includes(code) ? { unsent: true } : {};
}

/** The innermost cause: fetch wraps the socket's error, and the SDK wraps fetch's. */
function rootOf(error: unknown): Error | undefined {
  let root: Error | undefined;
  for (let e = (error as Error | undefined)?.cause; e instanceof Error; e = e.cause) root = e;
  return root;
}

/** A host of several addresses fails with an error that has a code and no message. */
function detailOf(error: unknown): string {
  const root = rootOf(error);
  const detail = root && (root.message || (root as NodeJS.ErrnoException).code);
  return detail ? ` (${detail})` : '';
}

/** The system's word for what happened to the socket, such as ECONNREFUSED; nobody's free text. */
function codeOf(error: unknown): string {
  const code = ((rootOf(error) ?? error) as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,40}$/.test(code) ? ` (${code})` : '';
}

/** What it means, or what a person can do about it. */
const ADVICE: Partial<Record<FailureType, string>> = {
  [FAILURE.authentication]: 'Check the API key.',
  [FAILURE.billing]: 'Add credit or raise the spend limit in the Anthropic Console.',
};
const LIMITED = 'A rate limit, or the limit of requests in processing, is reached.';

function readStatus(error: APIError, now: number): Reading {
  const status = error.status as number;
  // A proxy's page has a status but not the API's shape: it proves nothing about what the API did. Other APIs' errors, as
  // gateways send them, have an `error.type` too, but not the outer one.
  const spoken = (error.error as { type?: unknown } | undefined)?.type === 'error' && error.type !== null;
  const refused = spoken && isRefusal(status, error.type);
  const account = spoken ? accountFailure(error) : undefined;
  const type = account ?? statusFailure(status, refused);
  const answered = `The Anthropic API answered ${status}`;
  const said = error.type ? `${answered} ${error.type}` : answered;
  // A type is a word; a gateway may send any text as one.
  const told = /^\w{0,60}$/.test(error.type ?? '') ? said : answered;
  const detail = error.apiMessage ? `: ${error.apiMessage}` : '';
  const advice = type === FAILURE.limited && status === 429 ? LIMITED : ADVICE[type];
  return {
    type,
    message: advice ? `${said}${detail.replace(/\.$/, '')}. ${advice}` : said + detail,
    publicMessage: advice ? `${told}. ${advice}` : `${told}.`,
    refused,
    ...(refused && !account && isOfRequest(type, error) ? { ofRequest: wordsOf(error) } : {}),
    retryAfter: retryDelay(error.headers, now),
  };
}

/** A key that may list batches and not use a model gets a 403 for each request that names it, as a row of a batch would say. */
function isOfRequest(type: FailureType, { type: said }: APIError): boolean {
  return type === FAILURE.refused || type === FAILURE.notFound || said === 'permission_error';
}

function wordsOf({ type, apiMessage, errorCode, requestID }: APIError): ApiFailure['ofRequest'] {
  return {
    type: type!,
    message: apiMessage ?? '',
    ...(errorCode == null ? {} : { code: errorCode }),
    ...(requestID == null ? {} : { requestId: requestID }),
  };
}

/** Which of the API's own answers say that nothing was created. */
function isRefusal(status: number, type: string | null): boolean {
  if (status === 529) return type === 'overloaded_error';
  return status >= 400 && status < 500 && status !== 408 && status !== 409;
}

function statusFailure(status: number, refused: boolean): FailureType {
  switch (status) {
    case 401:
    case 403:
      return FAILURE.authentication;
    case 404:
      // A gateway that lost its route for an hour does not make a batch one that is gone.
      return refused ? FAILURE.notFound : FAILURE.unavailable;
    case 429:
    case 529:
      return FAILURE.limited;
    default:
      return refused ? FAILURE.refused : FAILURE.unavailable;
  }
}

/** Codes (`error.details.error_code`, SDK 1.12) of a 400 that speaks of the account and not of the request. */
const ACCOUNT_CODES: Record<string, FailureType> = {
  organization_on_hold: FAILURE.authentication,
  claude_code_key_creator_not_member: FAILURE.authentication,
  cmek_key_disabled: FAILURE.unavailable,
  cmek_key_network_blocked: FAILURE.unavailable,
};

/** What is wrong with the account, whatever the status: the same request passes once that is mended. */
function accountFailure({
  status,
  type,
  apiMessage: message,
  errorCode: code,
}: APIError): FailureType | undefined {
  if (status === 402 || lacksFunds({ type, message, code })) return FAILURE.billing;
  if (type === 'invalid_request_error' && /^This organization has been disabled\b/i.test(message ?? '')) {
    return FAILURE.authentication;
  }
  return code != null && Object.hasOwn(ACCOUNT_CODES, code) ? ACCOUNT_CODES[code] : undefined;
}

/**
 * `retry-after` is in seconds or a date (RFC 9110); `retry-after-ms`, which the SDK honors before it, is the exacter word of
 * the same. Milliseconds; at most an hour is believed, because what it waits for may be mended sooner. No time at all, or one
 * that is past, leaves the pause to the caller: repeating at once, without end, helps nobody.
 */
function retryDelay(headers: Headers | undefined, now: number): number | undefined {
  const delay =
    Number(headers?.get('retry-after-ms')) || secondsOrDate(headers?.get('retry-after') ?? '', now);
  return Number.isFinite(delay) && delay > 0 ? Math.min(3_600_000, delay) : undefined;
}

function secondsOrDate(value: string, now: number): number {
  const seconds = Number(value);
  return Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - now;
}
