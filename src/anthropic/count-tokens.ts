import type Anthropic from '@anthropic-ai/sdk';
import { retry } from '../async/retry';
import { passesByItself } from '../job/failure';
import { backoff } from '../job/poll';
import { ApiCallError, readFailure } from './api-failure';
import { betaHeader, type CallSettings, callOptions } from './client-options';
import { defaultClient } from './default-client';
import { readBody, toTokens } from './replies';
import { secretsOf } from './secrets';

type CountParams = Anthropic.MessageCountTokensParams;

/** The params that make up the prompt. The endpoint rejects all others, also `max_tokens`. */
const FIELDS: ReadonlySet<string> = new Set([
  'cache_control',
  'compaction',
  'context_management',
  'mcp_servers',
  'messages',
  'model',
  'output_config',
  'output_format',
  'system',
  'thinking',
  'tool_choice',
  'tools',
] satisfies (keyof CountParams | keyof Anthropic.Beta.MessageCountTokensParams)[]);

const CALL_TIMEOUT = 60_000;
/** Most calls for one request. */
const TRIES = 10;
const PAUSES = { pollFloor: 250, pollCeiling: 60_000 };

/** The API's error for a prompt beyond the context window. It contains a count too. */
const TOO_LONG = /prompt is too long: (\d+) tokens/;

/** Returns the input tokens of a request. */
export type CountTokens = (params: Record<string, unknown>, signal?: AbortSignal) => Promise<number>;

interface CountOptions extends CallSettings {
  client?: Anthropic;
  betas: readonly string[];
}

/**
 * Counts tokens with `POST /v1/messages/count_tokens`, which is free and has its own rate limit
 * (https://platform.claude.com/docs/en/build-with-claude/token-counting). Retries transient failures after at
 * least the delay that the API asks for. Every error is an `ApiCallError`.
 *
 * @param options the official SDK's client, by default created from the SDK's environment variables; and the
 *   `anthropic-beta` values of the batches, without which the API rejects their fields
 */
export function tokenCounter({ client = defaultClient(), betas, ...settings }: CountOptions): CountTokens {
  const headers = betaHeader(betas);
  const withoutSecrets = secretsOf(client);

  async function once(body: CountParams, signal: AbortSignal | undefined): Promise<number> {
    const options = { ...callOptions(CALL_TIMEOUT, settings), headers, signal };
    try {
      return toTokens(await readBody(await client.messages.countTokens(body, options).asResponse()));
    } catch (error) {
      const failure = readFailure(error, { withoutSecrets });
      const tooLong = failure.refused && TOO_LONG.exec(failure.message);
      if (tooLong) return Number(tooLong[1]);
      throw new ApiCallError(failure);
    }
  }

  return (params, signal) => {
    const body = Object.fromEntries(Object.entries(params).filter(([name]) => FIELDS.has(name)));
    return retry(() => once(body as unknown as CountParams, signal), {
      signal,
      schedule(error, tries) {
        const { type, retryAfter } = (error as ApiCallError).failure;
        if (!passesByItself(type) || tries + 1 === TRIES) return undefined;
        return backoff(tries, PAUSES, { atLeast: retryAfter, spread: Math.random() });
      },
    });
  };
}
