import { defaultPayloadConverter, toPayloads } from '@temporalio/common';
import { temporal } from '@temporalio/proto';

const { Payload } = temporal.api.common.v1;

export const payloads = (...values: unknown[]) => toPayloads(defaultPayloadConverter, ...values) ?? [];
export const payload = (value: unknown) => Payload.create(defaultPayloadConverter.toPayload(value));

/** Returns a message of the SDK as plain data, with its payloads decoded. */
export function readable(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if ('toNumber' in value && typeof value.toNumber === 'function') return value.toNumber();
  if (Array.isArray(value)) return value.map(readable);
  if ('metadata' in value && 'data' in value && value.data instanceof Uint8Array) {
    const text = Buffer.from(value.data).toString('utf8');
    return text === '' ? undefined : JSON.parse(text);
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, it]) => it !== undefined && it !== null)
      .map(([key, it]) => [key, readable(it)]),
  );
}
