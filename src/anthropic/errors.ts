import type { APIError } from '@anthropic-ai/sdk';
import { ApplicationFailure } from '@temporalio/common';
import { FAILURE, type FailureType } from '../job/failure';

export interface ApiFailure {
  type: FailureType;
  /** What happened and what to do next; never a key, never a document's text. */
  message: string;
  /** The API's own answer that nothing was created, as far as a create is concerned. */
  refused: boolean;
  /** Milliseconds that the server asked to wait. */
  retryAfter?: number;
}

/** Reads an error of the SDK, or of the socket below it: the one place that knows statuses. */
export function readFailure(error: unknown): ApiFailure {
  const failure = read(error);
  return { ...failure, message: withoutSecrets(failure.message) };
}

/** Proxies quote the key in their answers, and fetch the address in its errors: messages are kept and shown for years. */
function withoutSecrets(message: string): string {
  return message.replace(/sk-ant-[\w-]+/g, 'sk-ant-…').replace(/:\/\/[^\s/@]+@/g, '://…@');
}

function read(error: unknown): ApiFailure {
  if (isApiError(error)) {
    if (error.status !== undefined) return readStatus(error);
    const cause = (error as Error & { cause?: Error & { cause?: Error } }).cause;
    const root = cause?.cause ?? cause;
    // The gate before the last bytes ends the upload itself: nobody is to look for a broken network then.
    if (root?.name === 'GateClosed') return unavailable(`The batch was not sent: ${root.message}`);
    const detail = root?.message;
    return unavailable(
      `The Anthropic API cannot be reached: ${error.message}${detail ? ` (${detail})` : ''}`,
    );
  }
  const message = error instanceof Error ? error.message : String(error);
  if (/Could not resolve authentication method/.test(message)) {
    return {
      type: FAILURE.authentication,
      message: 'The worker has no Anthropic API key: set ANTHROPIC_API_KEY, or pass a client to the plugin.',
      refused: true,
    };
  }
  // What fetch says here quotes the whole header, and so the key.
  if (/is an invalid header value|Cannot convert argument to a ByteString/.test(message)) {
    return {
      type: FAILURE.authentication,
      message:
        'The Anthropic API cannot be called: the API key, or another header, holds a character that HTTP does not take, ' +
        'such as a line break. Check the key that the workers were given.',
      refused: true,
    };
  }
  if (error instanceof Error && error.name === 'AnthropicError') return unavailable(message);
  return unavailable(`The connection to the Anthropic API broke: ${message}`);
}

/**
 * By its shape and not by its class: the SDK is an ES module and a CommonJS one, and the client of a user's ES module throws
 * errors of classes that this CommonJS module never meets.
 */
function isApiError(error: unknown): error is APIError {
  return error instanceof Error && 'apiMessage' in error && 'requestID' in error && 'status' in error;
}

/** The failure that an activity throws: retryable, with the server's own delay where it named one. */
export function toApplicationFailure(
  error: unknown,
  options: { nonRetryable?: boolean } = {},
): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  const failure = readFailure(error);
  return ApplicationFailure.create({
    type: failure.type,
    message: failure.message,
    nonRetryable: options.nonRetryable ?? false,
    nextRetryDelay: failure.retryAfter,
  });
}

function unavailable(message: string): ApiFailure {
  return { type: FAILURE.unavailable, message, refused: false };
}

function readStatus(error: APIError): ApiFailure {
  const status = error.status as number;
  const said = `The Anthropic API answered ${status}${error.type ? ` ${error.type}` : ''}`;
  const detail = error.apiMessage ? `: ${error.apiMessage}` : '';
  const retryAfter = retryDelay(error.headers);
  // A proxy's page has a status but not the API's shape: it proves nothing about what the API did. Other APIs' errors, as
  // gateways send them, have an `error.type` too, but not the outer one.
  const spoken = (error.error as { type?: unknown } | undefined)?.type === 'error' && error.type !== null;
  if (status === 401 || status === 403) {
    return {
      type: FAILURE.authentication,
      message: `${said}${detail.replace(/\.$/, '')}. Check the key that the workers were given.`,
      refused: spoken,
    };
  }
  if (status === 404) return { type: FAILURE.notFound, message: `${said}${detail}`, refused: spoken };
  if (status === 429)
    return { type: FAILURE.limited, message: `${said}${detail}`, refused: spoken, retryAfter };
  if (status === 529) {
    return {
      type: FAILURE.limited,
      message: `${said}${detail}`,
      refused: error.type === 'overloaded_error',
      retryAfter,
    };
  }
  if (spoken && status >= 400 && status < 500 && status !== 408 && status !== 409) {
    return { type: FAILURE.refused, message: `${said}${detail}`, refused: true, retryAfter };
  }
  return { type: FAILURE.unavailable, message: `${said}${detail}`, refused: false, retryAfter };
}

/**
 * `retry-after` is in seconds or a date (RFC 9110). Milliseconds; at most an hour is believed. No time at all, or one that is
 * past, leaves the pause to the caller: repeating at once, without end, helps nobody.
 */
function retryDelay(headers: Headers | undefined): number | undefined {
  const value = headers?.get('retry-after');
  if (!value) return undefined;
  const seconds = Number(value);
  const delay = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(delay) && delay > 0 ? Math.min(3_600_000, delay) : undefined;
}
