import type Anthropic from '@anthropic-ai/sdk';
import { defaultHeaders } from './client-options';

/**
 * Shortest secret, in characters. Shorter parts of a key or header are not secrets, and hiding them would
 * hide much of any text.
 */
const SHORTEST = 6;
const HIDDEN = '[hidden]';

/** Names of headers with secret values, as gateways and proxies use them. */
const SECRET_HEADER = /auth|key|token|secret|cookie|passw|credential/i;

/**
 * Returns a function that removes a client's credentials from a text: keys of any form, also as encoded in
 * URLs, JSON and Base64. Gateways and proxies quote requests in their replies.
 */
export function secretsOf(client: Anthropic): (text: string) => string {
  const forms = [...new Set(held(client).flatMap(parts).flatMap(writings))]
    // The longest first: hiding a part alone would leave the rest visible.
    .sort((a, b) => b.length - a.length);
  return (text) => withoutKnownForms(forms.reduce((rest, form) => rest.replaceAll(form, HIDDEN), text));
}

/** Hides keys of Anthropic's own form, and passwords in URLs, of any owner. */
export function withoutKnownForms(text: string): string {
  return text.replace(/sk-ant-[\w-]+/g, 'sk-ant-…').replace(/:\/\/[^\s/@]+@/g, '://…@');
}

/** Returns the default headers that may authenticate a client, independent of their order. */
export function secretHeaders(client: Anthropic): [name: string, value: string][] {
  return defaultHeaders(client)
    .filter(([name]) => SECRET_HEADER.test(name))
    .map(([name, value]): [string, string] => [name.toLowerCase(), value])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function held(client: Anthropic): string[] {
  const headers = secretHeaders(client).map(([, value]) => value);
  return [client.apiKey, client.authToken, ...headers, ...ofUrl(client.baseURL)].filter(
    (secret): secret is string => typeof secret === 'string',
  );
}

/** Returns the user name and password of a URL, and secret query parameters. */
function ofUrl(text: string): string[] {
  if (!URL.canParse(text)) return [];
  const { username, password, searchParams } = new URL(text);
  const secret = [...searchParams].filter(([name]) => SECRET_HEADER.test(name)).map(([, value]) => value);
  return [username, password, decoded(username), decoded(password), ...secret];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // The text contains a literal percent sign.
    return text;
  }
}

/**
 * Returns the whole secret and its words: the key of `Bearer KEY`, or each line of a key with a line break.
 */
function parts(secret: string): string[] {
  return [secret, ...secret.split(/\s+/)].filter((part) => part.length >= SHORTEST);
}

function writings(secret: string): string[] {
  const encoded = secret.isWellFormed() ? [encodeURIComponent(secret)] : [];
  return [secret, JSON.stringify(secret).slice(1, -1), ...encoded, ...base64(secret)];
}

/**
 * Returns the parts of a secret's Base64 form that are independent of the surrounding text, such as
 * `user:KEY`. Three bytes become four characters, so there are three alignments, and the characters at the
 * ends depend on the neighbors.
 */
function base64(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [0, 1, 2].flatMap((shift) => {
    const own = Math.floor(((shift + bytes.length) * 8) / 6);
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .slice(shift && shift + 1, own);
    const inUrls = text.replaceAll('+', '-').replaceAll('/', '_');
    return text.length < SHORTEST ? [] : [text, inUrls];
  });
}
