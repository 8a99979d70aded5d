import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';

/** What shows how much of a request has left the process. */
export interface UploadSocket {
  /** Bytes that the process has yet to hand to the machine. */
  readonly writableLength: number;
  /** Bytes written so far, those included. */
  readonly bytesWritten: number;
  readonly destroyed: boolean;
}

type OnSocket = (socket: UploadSocket) => void;

const calls = new AsyncLocalStorage<OnSocket>();
const requests = new WeakMap<object, OnSocket>();
let subscribed = false;

/**
 * Makes a call, and passes on the socket that its request is written to before any of its body is. Node's fetch publishes it on undici's
 * diagnostics channels, whatever dispatcher or proxy the client has. A client with a fetch of its own shows no socket.
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
