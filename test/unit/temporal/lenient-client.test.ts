import { Client, Connection } from '@temporalio/client';
import { defaultPayloadConverter, type Payload, type PayloadCodec } from '@temporalio/common';
import { expect, test } from 'vitest';
import { failureText } from '../../../src/temporal/failure-text';
import { lenientClient, Undecodable } from '../../../src/temporal/lenient-client';
import { memoOf, undecodable } from '../../../src/temporal/memos';

const context = { type: 'workflow' as const, namespace: 'default', workflowId: 'job' };

/** Encrypts nothing, but refuses what another key wrote. */
const codec = (key: string): PayloadCodec => ({
  encode: async (payloads) =>
    payloads.map((payload) => ({ ...payload, metadata: { ...payload.metadata, key: Buffer.from(key) } })),
  decode: async (payloads) =>
    payloads.map((payload) => {
      if (Buffer.from(payload.metadata?.key ?? '').toString() === key) return payload;
      throw new Error('Another key wrote this.');
    }),
});

function clientOf(...payloadCodecs: PayloadCodec[]) {
  const reports: string[] = [];
  const connection = Connection.lazy();
  const client = lenientClient(
    new Client({ connection, namespace: 'default', dataConverter: { payloadCodecs } }),
    (reason, of) => reports.push(`${of}: ${reason}`),
  );
  const { payloadCodecs: codecs, payloadConverter } = client.options.loadedDataConverter;
  return {
    client,
    reports,
    encode: async (value: unknown) =>
      (await codecs[0]!.encode([payloadConverter.toPayload(value)], context))[0]!,
    decode: async (payloads: Payload[]) =>
      (await codecs[0]!.decode(payloads, context)).map((payload) =>
        payloadConverter.fromPayload<unknown>(payload, context),
      ),
  };
}

test('a payload of another key hides none beside it, and is reported only if something reads it', async () => {
  const own = clientOf(codec('own'));
  const other = clientOf(codec('other'));
  const job = { id: 'job', instance: 'i', store: 's' };
  const [read, unread] = await own.decode([await own.encode(job), await other.encode(job)]);
  expect(read).toEqual(job);
  expect(unread).toBeInstanceOf(Undecodable);
  expect(undecodable({ memo: { anthropicBatchJob: read } })).toBeUndefined();
  expect(undecodable({ memo: { anthropicBatchJob: unread } })).toBe('Another key wrote this.');
  expect(own.reports).toEqual([]);
  expect(memoOf({ memo: { anthropicBatchJob: unread } })).toBeUndefined();
  expect(own.reports).toEqual(['job: Another key wrote this.']);
});

test('a client applies several codecs in order, and undoes them in the opposite order', async () => {
  const both = clientOf(codec('first'), {
    encode: async (payloads) =>
      payloads.map(({ data, ...rest }) => ({ ...rest, data: Buffer.from(data!).reverse() })),
    decode: async (payloads) =>
      payloads.map(({ data, ...rest }) => ({ ...rest, data: Buffer.from(data!).reverse() })),
  });
  const encoded = await both.encode('text');
  expect(Buffer.from(encoded.data!).toString()).toBe('"txet"');
  expect(await both.decode([encoded])).toEqual(['text']);
});

test('an encoded message of a failure is decoded, or named as not decoded', async () => {
  const own = clientOf(codec('own'));
  const encodedAttributes = await own.encode({ message: 'The disk is full.', stack_trace: '' });
  const failure = { message: 'Encoded failure', encodedAttributes };
  expect(await failureText(own.client, failure, context)).toBe('The disk is full.');
  expect(await failureText(clientOf(codec('other')).client, failure, context)).toBe(
    'The message could not be decoded (Another key wrote this.)',
  );
  expect(await failureText(own.client, { message: 'Plain.' }, context)).toBe('Plain.');
  const odd = { message: 'Encoded failure', encodedAttributes: defaultPayloadConverter.toPayload(null) };
  expect(await failureText(clientOf().client, odd, context)).toBe('Encoded failure');
});
