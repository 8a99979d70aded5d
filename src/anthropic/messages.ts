import type Anthropic from '@anthropic-ai/sdk';
import type { BatchesApi } from './api';
import { ApiCallError, readFailure } from './api-failure';
import { betaHeader, type CallSettings, callOptions } from './client-options';
import { assertMessage, MalformedReply, parseBody } from './replies';

/** Milliseconds that an answer may take. The SDK has the same limit for a call without a stream. */
const ANSWER_TIMEOUT = 600_000;

/**
 * `max_tokens` above which an answer is streamed. The SDK expects up to an hour for 128,000 tokens, and
 * Node's fetch closes a connection that is silent for 5 minutes: the answer would be lost although it is paid
 * for. Below this limit the answer is one body, and its bytes are kept as the API sent them. The SDK
 * assembles a streamed answer.
 */
const LONGEST_SILENT = Math.floor((128_000 * 5) / 60);

type CreateParams = Anthropic.MessageCreateParamsNonStreaming;

/** Implements `BatchesApi.message` over a client. */
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
  // A row must be one line. In JSON, a newline occurs only as space between values.
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
  // The SDK adds `parsed_output` for readers of structured outputs.
  const { parsed_output: _, ...answer } = message;
  return oneLine(answer);
}

/** @throws {MalformedReply} if an answer is nested deeper than `JSON.stringify` can write */
function oneLine(answer: object): string {
  try {
    return JSON.stringify(answer);
  } catch (error) {
    throw error instanceof RangeError ? new MalformedReply('the answer is nested too deep') : error;
  }
}

/**
 * Returns whether the SDK could not assemble the events: an error without a cause, or with one that no socket
 * caused.
 */
function isUnreadableStream(error: unknown): boolean {
  if (!(error instanceof Error) || error.name !== 'AnthropicError') return false;
  const { cause } = error;
  if (cause === undefined) return true;
  return cause instanceof SyntaxError || (cause instanceof TypeError && cause.cause === undefined);
}

/** Inserts `"stream":true` before all other params. */
const streaming = (bytes: Uint8Array) => Buffer.concat([STREAM, bytes.subarray(1)]);
const STREAM = Buffer.from('{"stream":true,');

/** Returns a batch's result row for a request that the API rejects. */
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
