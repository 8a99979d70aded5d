import type Anthropic from '@anthropic-ai/sdk';
import { ApiError, invalid } from '../api-error';
import type { Caller } from '../auth';
import { bookMessage } from '../books/books';
import { idOf, sha256 } from '../hash';
import { answer, outline } from '../life/answer';
import { isError, isStop } from '../life/outcomes';
import { refusal } from '../life/params';
import { type AnyParams, requestText } from '../life/text';
import { promptTokens } from '../life/usage';
import { json, type Reply } from '../reply';
import type { SimulatorState } from '../state';
import { eventsOf } from './events';

/** Answers `POST /v1/messages`, also as a stream. Orders with `times` are for batches and ignored here. */
export function createMessage(state: SimulatorState, caller: Caller, body: unknown): Reply {
  const params = paramsOf(body);
  const refused = refusal(params, caller.version, false);
  if (refused) throw invalid(refused);
  const { stream, ...asked } = params;
  const digest = sha256(JSON.stringify(asked));
  const order = state.faults.order(requestText(params), digest);
  const outcome = order && order.times === undefined ? order.outcome : 'succeeded';
  if (isError(outcome)) throw new ApiError(outcome, `Simulated ${outcome}`);
  const stop = isStop(outcome) ? outcome : null;
  bookMessage(state.dir, digest, outline(params, stop).tokens);
  const message = answer(params as unknown as Anthropic.MessageCreateParams, {
    id: idOf('msg_', sha256(`${JSON.stringify(asked)} message`)),
    stop,
    serviceTier: 'standard',
  });
  if (stream !== true) return json(message);
  return { kind: 'stream', chunks: eventsOf(message), clean: true, type: 'text/event-stream; charset=utf-8' };
}

/** Answers `POST /v1/messages/count_tokens`. */
export function countTokens(caller: Caller, body: unknown): Reply {
  const params = paramsOf(body);
  if (params.max_tokens !== undefined) throw invalid('max_tokens: Extra inputs are not permitted');
  const refused = refusal({ ...params, max_tokens: 1 }, caller.version, false);
  if (refused) throw invalid(refused);
  return json({ input_tokens: promptTokens(params) } satisfies Anthropic.MessageTokensCount);
}

function paramsOf(body: unknown): AnyParams {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw invalid('Input should be a valid object');
  return body as AnyParams;
}
