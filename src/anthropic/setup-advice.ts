import type Anthropic from '@anthropic-ai/sdk';
import { FAILURE } from '../job/failure';
import type { ApiFailure } from './api-failure';

/** Returns the failure with the mistake in the client's settings that probably caused it, if there is one. */
export function withSetupAdvice(client: Anthropic, failure: ApiFailure): ApiFailure {
  const advice = adviceFor(client, failure);
  if (advice === undefined) return failure;
  const { message, publicMessage } = failure;
  return { ...failure, message: `${message} ${advice}`, publicMessage: `${publicMessage} ${advice}` };
}

function adviceFor({ baseURL, apiKey }: Anthropic, { type, message }: ApiFailure): string | undefined {
  if (type === FAILURE.authentication) return keyAdvice(apiKey, baseURL);
  const isMissing = /answered 40[45]\b/.test(message);
  if (!isMissing || !/\/v1\/*$/.test(baseURL)) return undefined;
  return 'The base URL ends in /v1, which the SDK adds itself: remove it from ANTHROPIC_BASE_URL.';
}

/** Anthropic's own API. A gateway may have keys of any form. */
const isAnthropic = (baseURL: string) =>
  URL.canParse(baseURL) && new URL(baseURL).host === 'api.anthropic.com';

function keyAdvice(key: string | null, baseURL: string): string | undefined {
  if (!key) return undefined;
  if (key.startsWith('sk-ant-admin')) {
    return 'The key is an Admin API key, which cannot send requests: use a key of a workspace.';
  }
  if (key.startsWith('sk-ant-oat')) {
    return 'The key is an OAuth token: set it as ANTHROPIC_AUTH_TOKEN instead of ANTHROPIC_API_KEY.';
  }
  if (!isAnthropic(baseURL) || key.startsWith('sk-ant-')) return undefined;
  return 'The key does not begin with sk-ant-, so it is not one of Anthropic.';
}
