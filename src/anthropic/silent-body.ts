import type { Middleware } from '@anthropic-ai/sdk';

/** How long the body of a reply may bring no byte, in milliseconds: Node's own limit is 5 minutes. */
export const MOST_SILENT = 60_000;

/** A reply whose body brought no byte for too long. Its connection is closed. */
export class SilentBodyError extends Error {
  override readonly name = 'SilentBodyError';

  constructor(mostSilent: number) {
    super(`a reply brought no byte for ${mostSilent / 1000} s`);
  }
}

/**
 * Makes a call fail whose reply's body brings no byte for `mostSilent` milliseconds, whatever the call's timeout. As middleware
 * of the SDK it also watches the bodies that the SDK reads by itself: those of errors, and streams. Time in which the reader
 * asks for nothing does not count.
 */
export function failOnSilence(mostSilent: number): Middleware {
  return async (request, next) => {
    const response = await next(request);
    const { body } = response;
    // A client may have a fetch of its own, with bodies of another kind.
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
    // Without a queue of its own, so that a read is only ever made for a reader that waits.
    { highWaterMark: 0 },
  );
}

async function readWithin(reader: ReadableStreamDefaultReader<Uint8Array>, mostSilent: number) {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new SilentBodyError(mostSilent);
      reject(error);
      // Closes the connection. A body that breaks in this moment is closed already.
      reader.cancel(error).catch(() => undefined);
    }, mostSilent);
  });
  try {
    return await Promise.race([reader.read(), silence]);
  } finally {
    clearTimeout(timer);
  }
}
