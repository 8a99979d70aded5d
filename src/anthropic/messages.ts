import type Anthropic from '@anthropic-ai/sdk';
import type { BatchesApi } from './api';
import { betaHeader, type CallSettings, callOptions } from './client-options';
import { ApiCallError, readFailure } from './errors';
import { assertMessage, MalformedReply, parseBody } from './replies';

/** How long an answer may take; also that of the SDK for a call without a stream. */
const ANSWER_TIMEOUT = 600_000;

/**
 * Above so many `max_tokens` an answer is streamed. The SDK reckons with up to an hour for 128,000 tokens, and Node's fetch gives a
 * connection up that is silent for 5 minutes: the answer would be lost, and is paid for. Below it the answer comes whole, and its bytes are
 * kept as the API sent them; one that was streamed is put together by the SDK.
 */
const LONGEST_SILENT = Math.floor((128_000 * 5) / 60);

type CreateParams = Anthropic.MessageCreateParamsNonStreaming;

/** `BatchesApi.message` over a client. */
export function messageSender(
  client: Anthropic,
  withoutSecrets: (text: string) => string,
  settings: CallSettings,
): BatchesApi['message'] {
  return async (bytes, { betas }) => {
    const params = JSON.parse(Buffer.from(bytes).toString('utf8')) as CreateParams;
    const options = {
      ...callOptions(ANSWER_TIMEOUT, settings),
      headers: { 'content-type': 'application/json', ...betaHeader(betas) },
    };
    try {
      const message = await (params.max_tokens > LONGEST_SILENT
        ? streamed(client, params, { ...options, body: streaming(bytes) })
        : whole(client, params, { ...options, body: bytes }));
      return `{"type":"succeeded","message":${message}}`;
    } catch (error) {
      const failure = readFailure(error, { withoutSecrets });
      if (failure.ofRequest) return refused(failure.ofRequest);
      throw new ApiCallError(failure);
    }
  };
}

type CallOptions = Parameters<Anthropic['messages']['create']>[1];

async function whole(client: Anthropic, params: CreateParams, options: CallOptions): Promise<string> {
  const response = await client.messages.create(params, options).asResponse();
  const text = (await response.text()).trim();
  assertMessage(parseBody(text));
  // A row is a line. In JSON a newline is only ever space between values.
  return text.replaceAll('\n', ' ');
}

async function streamed(client: Anthropic, params: CreateParams, options: CallOptions): Promise<string> {
  const message: { parsed_output?: unknown } = await client.messages
    .stream(params, options)
    .finalMessage()
    .catch((error: unknown) => {
      throw isUnreadableStream(error) ? new MalformedReply('the stream is not a whole message') : error;
    });
  assertMessage({ ...message });
  // What the SDK adds for whoever reads structured outputs.
  const { parsed_output: _, ...answer } = message;
  return oneLine(answer);
}

/** @throws {MalformedReply} for an answer that is nested deeper than `JSON.stringify` can write. */
function oneLine(answer: object): string {
  try {
    return JSON.stringify(answer);
  } catch (error) {
    throw error instanceof RangeError ? new MalformedReply('the answer is nested too deep') : error;
  }
}

/** What the SDK throws for events that it cannot put together: an error without a cause, or with one that no socket caused. */
function isUnreadableStream(error: unknown): boolean {
  if (!(error instanceof Error) || error.name !== 'AnthropicError') return false;
  const { cause } = error;
  if (cause === undefined) return true;
  return cause instanceof SyntaxError || (cause instanceof TypeError && cause.cause === undefined);
}

/** The stored bytes with `"stream":true` before all else. */
const streaming = (bytes: Uint8Array) => Buffer.concat([STREAM, bytes.subarray(1)]);
const STREAM = Buffer.from('{"stream":true,');

/** The row of a batch for a request that the API refuses. */
function refused({
  type,
  message,
  code,
  requestId,
}: NonNullable<ReturnType<typeof readFailure>['ofRequest']>): string {
  const details = code === undefined ? {} : { details: { error_code: code } };
  return JSON.stringify({
    type: 'errored',
    error: { type: 'error', error: { type, message, ...details }, request_id: requestId ?? null },
  });
}
