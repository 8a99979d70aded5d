import { isGrpcServiceError } from '@temporalio/client';
import { retry } from '../../async/retry';
import { causesFrom } from '../../job/failure';

/** The gRPC status codes that this project distinguishes. */
export const GRPC = {
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** Returns the gRPC status of a failed call, also if the SDK wrapped the error. */
export function grpcStatus(error: unknown): { code: number; details: string } | undefined {
  for (const e of causesFrom(error)) {
    if (isGrpcServiceError(e)) return { code: e.code, details: e.details };
  }
  return undefined;
}

const PASSING: ReadonlySet<number> = new Set([
  GRPC.cancelled,
  GRPC.unknown,
  GRPC.deadlineExceeded,
  GRPC.resourceExhausted,
  GRPC.aborted,
  GRPC.internal,
  GRPC.unavailable,
]);

/**
 * Returns whether a call failed with a transient error, such as a restart of the server or a broken
 * connection.
 */
export function isPassing(error: unknown): boolean {
  const status = grpcStatus(error);
  return status !== undefined && PASSING.has(status.code);
}

/**
 * Retries a call while it fails with transient errors, with an exponential backoff from 200 ms to 5 s.
 *
 * @throws any other error of the call, or the signal's reason.
 */
export function retryGrpc<T>(
  call: () => Promise<T>,
  signal?: AbortSignal,
  onFirstFailure?: (error: unknown) => void,
): Promise<T> {
  return retry(call, {
    signal,
    schedule(error, tries) {
      if (!isPassing(error)) return undefined;
      if (tries === 0) onFirstFailure?.(error);
      return Math.min(200 * 2 ** tries, 5_000);
    },
  });
}
