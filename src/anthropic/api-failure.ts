import type { APIError } from '@anthropic-ai/sdk';
import { lacksFunds } from '../job/billing-errors';
import { causesFrom, FAILURE, type FailureType } from '../job/failure';
import { BodyStoppedError } from './body';
import { MalformedReply } from './replies';
import { withoutKnownForms } from './secrets';
import { SilentBodyError } from './silent-body';

export interface ApiFailure {
  type: FailureType;
  /** The API's `error.type`, or the system's code of a broken connection, if it is one word. */
  subtype?: string;
  /** The cause and what to do next, never a key. It quotes the API, which may quote a request. */
  message: string;
  /** The same without text from others, for Temporal. */
  publicMessage: string;
  /** The API itself replied that nothing was created, for a create request. */
  refused: boolean;
  /** No connection was made, so nothing can have been received. */
  unsent?: boolean;
  /** The API rejects this request independent of time and sender. Contains the API's error. */
  ofRequest?: { type: string; message: string; code?: string; requestId?: string };
  /** Milliseconds that the server asked to wait. */
  retryAfter?: number;
}

/**
 * A failed call of the API. Does not expose the SDK's own error, whose message, headers and causes quote what
 * was sent.
 */
export class ApiCallError extends Error {
  override readonly name = 'ApiCallError';
  constructor(readonly failure: ApiFailure) {
    super(failure.message);
  }
}

interface ReadOptions {
  /** Milliseconds. Default: the current time. */
  now?: number;
  /** Removes the client's credentials: messages are stored and shown for years. */
  withoutSecrets?: (text: string) => string;
}

/** Reads an error of the SDK or of the socket below it. The only place that interprets statuses. */
export function readFailure(
  error: unknown,
  { now = Date.now(), withoutSecrets = withoutKnownForms }: ReadOptions = {},
): ApiFailure {
  if (error instanceof ApiCallError) return error.failure;
  const { subtype, message, publicMessage = message, ofRequest, ...failure } = read(error, now);
  return {
    ...failure,
    // A gateway may quote a key anywhere.
    subtype: subtype && withoutSecrets(subtype),
    ofRequest: ofRequest && { ...ofRequest, message: withoutSecrets(ofRequest.message) },
    message: withoutSecrets(message),
    publicMessage: withoutSecrets(publicMessage),
  };
}

/** A message without a public message is itself public. */
type Reading = Omit<ApiFailure, 'publicMessage'> & { publicMessage?: string };

function read(error: unknown, now: number): Reading {
  const root = rootOf(error) ?? error;
  if (root instanceof SilentBodyError) return unavailable(`The Anthropic API is silent: ${root.message}.`);
  if (isApiError(error)) return error.status === undefined ? readConnection(error) : readStatus(error, now);
  if (error instanceof MalformedReply) {
    return {
      type: FAILURE.malformed,
      message:
        `The Anthropic API sent a ${error.message}. If there is a gateway or proxy in front of it, check ` +
        'that.',
      refused: false,
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  if (/Could not resolve authentication method/.test(message)) {
    return {
      type: FAILURE.authentication,
      message: 'There is no Anthropic API key. Set ANTHROPIC_API_KEY where this process runs.',
      refused: true,
    };
  }
  // fetch's message quotes the whole header, and thus the key.
  if (/is an invalid header value|Cannot convert argument to a ByteString/.test(message)) {
    return {
      type: FAILURE.authentication,
      message:
        'The Anthropic API cannot be called: the API key or another header contains a character that ' +
        'HTTP does not allow, ' +
        'such as a line break. Check the key.',
      refused: true,
    };
  }
  if (error instanceof Error && error.name === 'AnthropicError') {
    return unavailable(message, 'The Anthropic SDK failed.');
  }
  return disconnected(
    error,
    `The connection to the Anthropic API broke: ${message}`,
    'The connection to the Anthropic API broke',
  );
}

/**
 * Checks the shape and not the class: the SDK exists as an ES module and as a CommonJS module. The client of
 * a user's ES module throws errors of classes that this CommonJS module never sees.
 */
function isApiError(error: unknown): error is APIError {
  return error instanceof Error && 'apiMessage' in error && 'requestID' in error && 'status' in error;
}

function unavailable(message: string, publicMessage?: string): Reading {
  return { type: FAILURE.unavailable, message, publicMessage, refused: false };
}

/** Reads an error without a reply: the network failed, a timeout expired, or this side ended the call. */
function readConnection(error: APIError): Reading {
  const stopped = causesOf(error).find((cause) => cause instanceof BodyStoppedError);
  if (stopped) {
    const { message, publicMessage } = stopped;
    return unavailable(`The batch was not sent: ${message}`, `The batch was not sent: ${publicMessage}`);
  }
  return disconnected(
    error,
    `The Anthropic API cannot be reached: ${error.message}`,
    'The Anthropic API cannot be reached',
  );
}

function disconnected(error: unknown, message: string, publicMessage: string): Reading {
  const subtype = codeOf(error);
  const code = subtype === undefined ? '' : ` (${subtype})`;
  return {
    ...unavailable(`${message}${detailOf(error)}`, `${publicMessage}${code}.`),
    ...unsentBy(error),
    subtype,
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

/** Returns the causes, outermost first: fetch wraps the socket's error, and the SDK wraps fetch's. */
const causesOf = (error: unknown): Error[] => [...causesFrom((error as Error | undefined)?.cause)];

const rootOf = (error: unknown): Error | undefined => causesOf(error).at(-1);

/**
 * Returns the root cause in parentheses. For a host with several addresses, the error has a code but no
 * message.
 */
function detailOf(error: unknown): string {
  const root = rootOf(error);
  const detail = root && (root.message || (root as NodeJS.ErrnoException).code);
  return detail ? ` (${detail})` : '';
}

/** Returns the system's code for a socket error, such as ECONNREFUSED, but never free text. */
function codeOf(error: unknown): string | undefined {
  const code = ((rootOf(error) ?? error) as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,40}$/.test(code) ? code : undefined;
}

/** The meaning of a failure, or advice. */
const ADVICE: Partial<Record<FailureType, string>> = {
  [FAILURE.authentication]: 'Check the API key.',
  [FAILURE.billing]: 'Add credit or raise the spend limit in the Anthropic Console.',
};
const LIMITED = 'A rate limit, or the limit of requests in processing, is reached.';

function readStatus(error: APIError, now: number): Reading {
  const status = error.status as number;
  // A proxy's page has a status but not the API's shape, so it proves nothing about the API. Other APIs'
  // errors, as sent by gateways, have an `error.type` too, but lack the outer one.
  const spoken = (error.error as { type?: unknown } | undefined)?.type === 'error' && error.type !== null;
  const refused = spoken && isRefusal(status, error.type);
  const account = spoken ? accountFailure(error) : undefined;
  const type = account ?? statusFailure(status, refused);
  // A type is one word, but a gateway may send any text.
  const subtype = /^\w{1,60}$/.test(error.type ?? '') ? error.type! : undefined;
  const advice = type === FAILURE.limited && status === 429 ? LIMITED : ADVICE[type];
  const detail = error.apiMessage ? `: ${error.apiMessage}` : '';
  return {
    type,
    subtype,
    message: statusMessage(status, error.type, detail, advice),
    publicMessage: statusMessage(status, subtype, '.', advice),
    refused,
    ofRequest: refused && !account && isOfRequest(type, error) ? wordsOf(error) : undefined,
    retryAfter: retryDelay(error.headers, now),
  };
}

function statusMessage(
  status: number,
  type: string | null | undefined,
  detail: string,
  advice: string | undefined,
): string {
  const said = `The Anthropic API answered ${status}${type ? ` ${type}` : ''}`;
  return advice ? `${said}${detail.replace(/\.$/, '')}. ${advice}` : said + detail;
}

/**
 * Returns whether the error concerns this request alone. A key that may list batches but not use a model gets
 * a 403 for each request with that model, as a batch's row would say.
 */
function isOfRequest(type: FailureType, { type: said }: APIError): boolean {
  return type === FAILURE.refused || type === FAILURE.notFound || said === 'permission_error';
}

function wordsOf({ type, apiMessage, errorCode, requestID }: APIError): ApiFailure['ofRequest'] {
  return {
    type: type!,
    message: apiMessage ?? '',
    code: errorCode ?? undefined,
    requestId: requestID ?? undefined,
  };
}

/** Returns whether a reply of the API proves that nothing was created. */
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
      // A gateway that temporarily lost its route does not prove that a batch is gone.
      return refused ? FAILURE.notFound : FAILURE.unavailable;
    case 429:
    case 529:
      return FAILURE.limited;
    default:
      return refused ? FAILURE.refused : FAILURE.unavailable;
  }
}

/** Codes (`error.details.error_code`, SDK 1.12) of a 400 that concerns the account and not the request. */
const ACCOUNT_CODES: Record<string, FailureType> = {
  organization_on_hold: FAILURE.authentication,
  claude_code_key_creator_not_member: FAILURE.authentication,
  cmek_key_disabled: FAILURE.unavailable,
  cmek_key_network_blocked: FAILURE.unavailable,
};

/**
 * Returns what is wrong with the account, independent of the status. The same request succeeds once that is
 * fixed.
 */
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
 * Returns the delay that the server asked for, in milliseconds. `retry-after` is in seconds or a date (RFC
 * 9110). `retry-after-ms`, which the SDK prefers, is more exact. At most an hour is accepted, because the
 * cause may be fixed sooner. Without a time, or with a past one, the caller chooses the pause: immediate
 * endless retries would not help.
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
