import { setTimeout as sleep } from 'node:timers/promises';
import type Anthropic from '@anthropic-ai/sdk';
import { passesByItself } from '../job/failure';
import { backoff } from '../job/poll';
import { betaHeader, type CallSettings, callOptions } from './client-options';
import { defaultClient } from './default-client';
import { ApiCallError, readFailure } from './errors';
import { readBody, toTokens } from './replies';
import { secretsOf } from './secrets';

type CountParams = Anthropic.MessageCountTokensParams;

/** What of a request's params the prompt is made of. The endpoint refuses all others, `max_tokens` too. */
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
/** Calls for one request. */
const TRIES = 10;
const PAUSES = { pollFloor: 250, pollCeiling: 60_000 };

/** How the API refuses a prompt beyond the context window, which is a count as well. */
const TOO_LONG = /prompt is too long: (\d+) tokens/;

/** Gives the input tokens of a request, by its params. */
export type CountTokens = (params: Record<string, unknown>, signal?: AbortSignal) => Promise<number>;

interface CountOptions extends CallSettings {
  client?: Anthropic;
  betas: readonly string[];
}

/**
 * `POST /v1/messages/count_tokens`, which is free and has a rate limit of its own
 * (https://platform.claude.com/docs/en/build-with-claude/token-counting). What passes is waited out, as long as the API asks
 * for; every error is an `ApiCallError`.
 *
 * @param options the official SDK's client, by default one made from the SDK's own environment variables; and the
 *   `anthropic-beta` values of the batches, without which their fields are refused
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

  return async (params, signal) => {
    const body = Object.fromEntries(Object.entries(params).filter(([name]) => FIELDS.has(name)));
    for (let tries = 0; ; tries++) {
      try {
        return await once(body as unknown as CountParams, signal);
      } catch (error) {
        signal?.throwIfAborted();
        const { type, retryAfter } = (error as ApiCallError).failure;
        if (!passesByItself(type) || tries + 1 === TRIES) throw error;
        const pause = backoff(tries, PAUSES, { atLeast: retryAfter, spread: Math.random() });
        await sleep(pause, undefined, { signal });
      }
    }
  };
}
