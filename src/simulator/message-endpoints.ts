import type Anthropic from '@anthropic-ai/sdk';
import { answer, outline } from './answer';
import type { Caller } from './auth';
import { bookMessage } from './books';
import { ApiError, invalid } from './errors';
import { idOf, sha256 } from './hash';
import { isError, isStop } from './outcomes';
import { refusal } from './params';
import { json, type Reply } from './reply';
import type { SimulatorState } from './state';
import { type AnyParams, requestText } from './text';
import { promptTokens } from './usage';

/** `POST /v1/messages`, without streaming. Orders that are counted (`times`) are for batches and pass here. */
export function createMessage(state: SimulatorState, caller: Caller, body: unknown): Reply {
  const params = paramsOf(body);
  if (params.stream === true) throw invalid('stream: the simulator does not stream');
  const refused = refusal(params, caller.version, false);
  if (refused) throw invalid(refused);
  const order = state.faults.order(requestText(params), sha256(JSON.stringify(params)));
  const outcome = order && order.times === undefined ? order.outcome : 'succeeded';
  if (isError(outcome)) throw new ApiError(outcome, `Simulated ${outcome}`);
  const stop = isStop(outcome) ? outcome : null;
  bookMessage(state.dir, outline(params, stop).tokens);
  const message = answer(params as unknown as Anthropic.MessageCreateParams, {
    id: idOf('msg_', sha256(`${JSON.stringify(params)} message`)),
    stop,
    serviceTier: 'standard',
  });
  return json(message);
}

/** `POST /v1/messages/count_tokens`. */
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
