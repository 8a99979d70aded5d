import type Anthropic from '@anthropic-ai/sdk';
import { idOf, paramsDigest, sha256 } from '../hash';
import { isStop, markerIn, type SimulatedStop } from './outcomes';
import { structuredText } from './structured';
import { type AnyParams, lastUserText, requestText } from './text';
import { inputUsage, type Tokens, tokensOfText } from './usage';

/** The options of `answer`. */
export interface AnswerOptions {
  /** The message's id. Default: derived from a digest of the params. */
  id?: string;
  /** Default `batch`. */
  serviceTier?: 'batch' | 'standard';
  /**
   * The stop reason instead of `end_turn`. Default: the request's own marker, as if seen for the first time.
   */
  stop?: SimulatedStop | null;
}

/** The answer to a request, without the envelope. */
interface Outline {
  text: string;
  stop: SimulatedStop | 'end_turn';
  tokens: Tokens;
}

/**
 * Returns the answer to a request. The text is `Echo of <first 60 characters of the last user message>
 * [<first 8 hex digits of its SHA-256>]`, or JSON that matches the schema in `output_config.format`. A token
 * has 4 characters. A text longer than `max_tokens` is cut there.
 */
export function outline(params: AnyParams, stop: SimulatedStop | null = markedStop(params)): Outline {
  const tokens = inputUsage(params);
  if (stop === 'refusal') return { text: '', stop, tokens: { ...tokens, output_tokens: 1 } };
  const limit = params.max_tokens as number;
  const user = lastUserText(params);
  const echo =
    `Echo of ${[...user.slice(0, 120)].slice(0, 60).join('')} ` +
    `[${sha256(user).toString('hex').slice(0, 8)}]`;
  const text = structuredText(params, echo) ?? echo;
  const length = tokensOfText(text);
  if (stop === 'max_tokens') {
    // Uses all allowed tokens, whatever text shows: a cut answer costs the whole limit.
    return {
      text: text.slice(0, Math.min(limit * 4, text.length - 1)),
      stop,
      tokens: { ...tokens, output_tokens: limit },
    };
  }
  if (length > limit) {
    return {
      text: text.slice(0, limit * 4),
      stop: 'max_tokens',
      tokens: { ...tokens, output_tokens: limit },
    };
  }
  return { text, stop: stop ?? 'end_turn', tokens: { ...tokens, output_tokens: length } };
}

/** Returns the simulator's answer to a request. A pure function, so that tests can predict it. */
export function answer(
  params: Anthropic.MessageCreateParams,
  options: AnswerOptions = {},
): Anthropic.Message {
  const { text, stop, tokens } = outline(params as unknown as AnyParams, options.stop);
  return {
    id: options.id ?? idOf('msg_', Buffer.from(paramsDigest(params), 'hex')),
    type: 'message',
    role: 'assistant',
    model: params.model,
    content: text === '' ? [] : [{ type: 'text', text, citations: null }],
    container: null,
    diagnostics: null,
    stop_reason: stop,
    stop_sequence: null,
    stop_details: stop === 'refusal' ? { type: 'refusal', category: null, explanation: null } : null,
    usage: {
      input_tokens: tokens.input_tokens,
      output_tokens: tokens.output_tokens,
      cache_creation_input_tokens:
        tokens.cache_creation_5m_input_tokens + tokens.cache_creation_1h_input_tokens,
      cache_read_input_tokens: tokens.cache_read_input_tokens,
      cache_creation: {
        ephemeral_5m_input_tokens: tokens.cache_creation_5m_input_tokens,
        ephemeral_1h_input_tokens: tokens.cache_creation_1h_input_tokens,
      },
      inference_geo: 'not_available',
      output_tokens_details: null,
      server_tool_use: null,
      service_tier: options.serviceTier ?? 'batch',
      speed: null,
    },
  } satisfies Anthropic.Message;
}

function markedStop(params: AnyParams): SimulatedStop | null {
  const outcome = markerIn(requestText(params))?.outcome;
  return outcome !== undefined && isStop(outcome) ? outcome : null;
}
