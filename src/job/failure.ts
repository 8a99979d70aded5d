/** The message of what really failed: Temporal wraps an activity's failure in others that only say that one failed. */
export function failureMessage(error: unknown): string {
  let current = error;
  while (current instanceof Error && current.cause instanceof Error) current = current.cause;
  return current instanceof Error ? current.message : String(current);
}
