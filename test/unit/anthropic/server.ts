import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import Anthropic from '@anthropic-ai/sdk';
import { own } from '../../support/cleanup';

type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** Starts an HTTP server with a test's own answers, such as no API sends. Returns its address. */
export async function serve(handler: Handler): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    void handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  own(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server that gives every call the same answer. */
export const always = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  serve((_, response) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const type = typeof body === 'string' ? 'text/html' : 'application/json';
    response.writeHead(status, { 'content-type': type, ...headers }).end(text);
  });

export const KEY = 'sk-ant-api03-0123456789-SECRET-abcdefghij';

export const sdk = (baseURL: string, options: ConstructorParameters<typeof Anthropic>[0] = {}) =>
  new Anthropic({ baseURL, apiKey: KEY, maxRetries: 0, ...options });

/** The error of a failed call. */
export async function failed(call: () => Promise<unknown>): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  throw new Error('It did not fail.');
}
