import type { Middleware } from '@anthropic-ai/sdk';

/** Milliseconds without a byte after which a reply's body fails. Node's own limit is 5 minutes. */
export const MOST_SILENT = 60_000;

/** The body of a reply brought no byte for too long. Its connection is closed. */
export class SilentBodyError extends Error {
  override readonly name = 'SilentBodyError';

  constructor(mostSilent: number) {
    super(`a reply brought no byte for ${mostSilent / 1000} s`);
  }
}

/**
 * Fails a call whose reply's body brings no byte for `mostSilent` milliseconds, independent of the call's
 * timeout. As middleware of the SDK, it also watches bodies that the SDK reads itself: errors and streams.
 * Time in which the reader requests nothing does not count.
 */
export function failOnSilence(mostSilent: number): Middleware {
  return async (request, next) => {
    const response = await next(request);
    const { body } = response;
    // A client may have its own fetch, with bodies of another kind.
    if (!(body instanceof ReadableStream)) return response;
    return new Response(watched(body, mostSilent), response);
  };
}

function watched(body: ReadableStream<Uint8Array>, mostSilent: number): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { done, value } = await readWithin(reader, mostSilent);
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    // No queue: a read is made only for a waiting reader.
    { highWaterMark: 0 },
  );
}

async function readWithin(reader: ReadableStreamDefaultReader<Uint8Array>, mostSilent: number) {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new SilentBodyError(mostSilent);
      reject(error);
      // Closes the connection. A body that breaks at this moment is already closed.
      reader.cancel(error).catch(() => undefined);
    }, mostSilent);
  });
  try {
    return await Promise.race([reader.read(), silence]);
  } finally {
    clearTimeout(timer);
  }
}
