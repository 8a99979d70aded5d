import type { ServerResponse } from 'node:http';

/** The reply of an endpoint. */
export type Reply =
  | { kind: 'json'; status: number; body: unknown; headers?: Record<string, string> }
  | { kind: 'html'; status: number; body: string; headers?: Record<string, string> }
  /** Written while it is generated. If not `clean`, the socket is destroyed after the last piece. */
  | {
      kind: 'stream';
      chunks: Iterable<string> | AsyncIterable<string>;
      clean: boolean;
      /** Default `application/x-jsonl`. */
      type?: string;
    };

export const json = (body: unknown, status = 200): Reply => ({ kind: 'json', status, body });

export async function send(response: ServerResponse, reply: Reply): Promise<void> {
  if (reply.kind === 'stream') return stream(response, reply);
  const text = reply.kind === 'json' ? JSON.stringify(reply.body) : reply.body;
  response.writeHead(reply.status, {
    'content-type': reply.kind === 'json' ? 'application/json' : 'text/html',
    'content-length': Buffer.byteLength(text),
    ...reply.headers,
  });
  response.end(text);
}

async function stream(
  response: ServerResponse,
  { chunks, clean, type = 'application/x-jsonl' }: Extract<Reply, { kind: 'stream' }>,
): Promise<void> {
  response.writeHead(200, { 'content-type': type });
  for await (const chunk of chunks) {
    if (response.destroyed) return;
    if (!response.write(chunk)) await drained(response);
    // Generating pieces uses the processor, so this lets other calls run in between.
    else await new Promise(setImmediate);
  }
  if (clean) {
    response.end();
    return;
  }
  // The socket is destroyed only after the written data has left it. Otherwise the client would not see a cut
  // line.
  await new Promise<void>((resolve) => {
    if (response.destroyed) resolve();
    else response.write('', () => resolve());
    response.once('close', resolve);
  });
  response.destroy();
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed) return resolve();
    const go = () => {
      response.off('drain', go).off('close', go);
      resolve();
    };
    response.on('drain', go).on('close', go);
  });
}
