import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';

/** Shows how much of a request has left the process. */
export interface UploadSocket {
  /** Bytes that the process has not yet handed to the machine. */
  readonly writableLength: number;
  /** Bytes written so far, including those. */
  readonly bytesWritten: number;
  readonly destroyed: boolean;
}

type OnSocket = (socket: UploadSocket) => void;

const calls = new AsyncLocalStorage<OnSocket>();
const requests = new WeakMap<object, OnSocket>();
let subscribed = false;

/**
 * Makes a call and reports the socket of its request, before the body is written. Node's fetch publishes the
 * socket on undici's diagnostics channels, for any dispatcher or proxy of the client. A client with its own
 * fetch exposes no socket.
 */
export function withUploadSocket<T>(onSocket: OnSocket, call: () => Promise<T>): Promise<T> {
  if (!subscribed) {
    subscribed = true;
    subscribe('undici:request:create', (message) => {
      const onSocket = calls.getStore();
      if (onSocket) requests.set((message as { request: object }).request, onSocket);
    });
    subscribe('undici:client:sendHeaders', (message) => {
      const { request, socket } = message as { request: object; socket: UploadSocket };
      requests.get(request)?.(socket);
    });
  }
  return calls.run(onSocket, call);
}
