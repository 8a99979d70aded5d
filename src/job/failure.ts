/**
 * The message of what really failed, the innermost of a chain of causes that says anything: Temporal wraps an activity's
 * failure in others that only say that one failed.
 */
export function failureMessage(error: unknown): string {
  let message = error instanceof Error ? error.message : String(error);
  for (let e = error; e instanceof Error; e = e.cause) if (e.message) message = e.message;
  return message;
}
