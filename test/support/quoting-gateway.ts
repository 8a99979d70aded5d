import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { own } from './cleanup';

export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body: string;
}

/** Replies of a gateway to the first calls of each kind. Later calls reach the API. */
export type FirstAnswers = ((headers: IncomingHttpHeaders) => Answer)[];

/**
 * Starts a gateway before the API. The first call of each kind (`GET /v1/messages/batches`, `POST …/cancel`
 * …) gets the first of the answers, the next one the second, and so on. A create gets only the first, because
 * an answer that leaves open what was bought is accepted once.
 */
export async function quotingGateway(target: string, answers: FirstAnswers): Promise<string> {
  const calls = new Map<string, number>();
  const server = createServer((incoming, outgoing) => {
    const kind = `${incoming.method} ${incoming.url?.replace(/msgbatch_\w+|\?.*/g, '')}`;
    const nth = calls.get(kind) ?? 0;
    calls.set(kind, nth + 1);
    const answer = kind === 'POST /v1/messages/batches' && nth > 0 ? undefined : answers[nth];
    if (answer) {
      const { status, headers, body } = answer(incoming.headers);
      incoming.resume().on('end', () => outgoing.writeHead(status, headers).end(body));
      return;
    }
    const { method, headers } = incoming;
    const forwarded = request(new URL(incoming.url!, target), { method, headers }, (reply) => {
      outgoing.writeHead(reply.statusCode!, reply.headers);
      reply.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  own(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
