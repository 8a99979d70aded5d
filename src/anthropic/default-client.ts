import { format } from 'node:util';
import Anthropic from '@anthropic-ai/sdk';
import { secretsOf } from './secrets';

/**
 * Creates a client from the SDK's environment variables. Its log (`ANTHROPIC_LOG`) contains no credentials.
 * The SDK itself hides only the API's own headers, but neither those of a gateway nor what a gateway quotes
 * in its replies.
 */
export function defaultClient(): Anthropic {
  let client: Anthropic | undefined;
  const say =
    (level: 'error' | 'warn' | 'info' | 'debug') =>
    (...words: unknown[]) => {
      const text = format(...words);
      // While the client is being constructed, it has no secrets yet.
      console[level](client ? secretsOf(client)(text) : text);
    };
  const logger = { error: say('error'), warn: say('warn'), info: say('info'), debug: say('debug') };
  client = new Anthropic({ logger });
  return client;
}
