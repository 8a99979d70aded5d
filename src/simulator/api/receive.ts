import type { IncomingMessage } from 'node:http';
import { ApiError, invalid } from '../api-error';

/** The caller disconnected before the body was complete, so a reply has no receiver. */
export class IncompleteBodyError extends Error {
  override readonly name = 'IncompleteBodyError';
}

interface ReceiveOptions {
  maxBytes: number;
  /** Longest silence before the socket is dropped, in milliseconds of real time. */
  stallTimeout: number;
  /** Stops as soon as this many bytes have arrived: the promise resolves to `false`. */
  stopAfter?: number;
}

/** @throws {ApiError} if the headers alone show that the body cannot be accepted */
export function checkBodyHeaders(request: IncomingMessage, maxBytes: number): void {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') throw invalid('content-type: must be application/json');
  if (request.headers['content-encoding'] !== undefined) throw invalid('content-encoding: not supported');
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
}

/**
 * Reads a body as it arrives. Resolves to `true` once it is complete, also if the caller has disconnected by
 * then.
 *
 * Call before awaiting anything. It never pauses the socket: data of a paused request is lost if the caller
 * closes right after its last byte, although the body did arrive.
 *
 * An error of `onChunk` is kept until the body is complete, because the API replies only after the body.
 *
 * @throws {IncompleteBodyError} if the socket closed or stalled before
 */
export function receive(
  request: IncomingMessage,
  onChunk: (chunk: Buffer) => void,
  options: ReceiveOptions,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    let failure: Error | undefined;
    let stopped = false;
    const stall = setTimeout(() => request.destroy(), options.stallTimeout);
    const settle = (act: () => void) => {
      clearTimeout(stall);
      act();
    };
    const stopWhenDue = () => {
      if (stopped || options.stopAfter === undefined || bytes < options.stopAfter) return;
      stopped = true;
      settle(() => resolve(false));
    };
    request.on('data', (chunk: Buffer) => {
      if (stopped) return;
      stall.refresh();
      bytes += chunk.length;
      if (bytes > options.maxBytes) failure ??= tooLarge(options.maxBytes);
      try {
        if (!failure) onChunk(chunk);
      } catch (error) {
        failure = error as Error;
      }
      stopWhenDue();
    });
    request.on('end', () => settle(() => (failure ? reject(failure) : resolve(true))));
    request.on('error', () => undefined);
    request.on('close', () => settle(() => reject(new IncompleteBodyError())));
    stopWhenDue();
  });
}

/** Reads and parses a small body. */
export async function receiveJson(request: IncomingMessage, options: ReceiveOptions): Promise<unknown> {
  const chunks: Buffer[] = [];
  const whole = await receive(request, (chunk) => chunks.push(chunk), options);
  if (!whole) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    throw invalid(`The request body is not valid JSON: ${(error as Error).message}`);
  }
}

const tooLarge = (maxBytes: number) =>
  new ApiError('request_too_large', `Request exceeds the maximum size of ${maxBytes} bytes`);
