import { format } from 'node:util';
import Anthropic from '@anthropic-ai/sdk';
import { secretsOf } from './secrets';

/**
 * A client made from the SDK's environment variables. What it logs, with `ANTHROPIC_LOG`, is without what it authenticates
 * with: the SDK hides the headers of the API alone, and neither those of a gateway nor what that quotes in its answers.
 */
export function defaultClient(): Anthropic {
  let client: Anthropic | undefined;
  const say =
    (level: 'error' | 'warn' | 'info' | 'debug') =>
    (...words: unknown[]) => {
      const text = format(...words);
      // While it is being made it has no secrets to tell of.
      console[level](client ? secretsOf(client)(text) : text);
    };
  const logger = { error: say('error'), warn: say('warn'), info: say('info'), debug: say('debug') };
  client = new Anthropic({ logger });
  return client;
}
