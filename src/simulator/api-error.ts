import type Anthropic from '@anthropic-ai/sdk';
import { allOf } from './all-of';

/** An error type that a request can have, in a reply or in a result row. */
export type SimulatedErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'billing_error'
  | 'permission_error'
  | 'not_found_error'
  | 'rate_limit_error'
  | 'timeout_error'
  | 'api_error'
  | 'overloaded_error';

/** An error type of a reply. Two only occur in replies. */
export type ApiErrorType = SimulatedErrorType | 'request_too_large' | 'conflict_error';

export const ERROR_TYPES = allOf<SimulatedErrorType>()([
  'invalid_request_error',
  'authentication_error',
  'billing_error',
  'permission_error',
  'not_found_error',
  'rate_limit_error',
  'timeout_error',
  'api_error',
  'overloaded_error',
] satisfies Anthropic.ErrorObject['type'][]);

export const API_ERROR_TYPES = allOf<ApiErrorType>()([...ERROR_TYPES, 'request_too_large', 'conflict_error']);

const STATUS: Record<ApiErrorType, number> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  conflict_error: 409,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
};

/** An error reply of the API: `{type: 'error', error: {type, message, details?}, request_id}`. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    readonly type: ApiErrorType,
    message: string,
    readonly status: number = STATUS[type],
    readonly headers: Record<string, string> = {},
    /** `error.details.error_code`. */
    readonly code?: string,
  ) {
    super(message);
  }

  body(requestId: string) {
    return {
      type: 'error' as const,
      error: {
        type: this.type,
        message: this.message,
        ...(this.code === undefined ? {} : { details: { error_code: this.code } }),
      },
      request_id: requestId,
    };
  }
}

/** Returns the error type that the API sends with a status. */
export function errorOfStatus(status: number): ApiErrorType {
  const known = API_ERROR_TYPES.find((type) => STATUS[type] === status);
  return known ?? (status < 500 ? 'invalid_request_error' : 'api_error');
}

export const invalid = (message: string) => new ApiError('invalid_request_error', message);
export const notFound = (message: string) => new ApiError('not_found_error', message);
