import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { own } from './cleanup';

/** A call that the server received. */
export interface WebhookCall {
  headers: IncomingHttpHeaders;
  body: string;
}

/** Starts a server that records calls and answers with the given statuses in turn, and then with 204. */
export async function webhookServer(...statuses: number[]): Promise<{ url: string; calls: WebhookCall[] }> {
  const calls: WebhookCall[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request.setEncoding('utf8')) body += piece;
    calls.push({ headers: request.headers, body });
    response.writeHead(statuses.shift() ?? 204, { location: '/elsewhere' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  own(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, calls };
}
