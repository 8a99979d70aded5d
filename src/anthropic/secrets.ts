import type Anthropic from '@anthropic-ai/sdk';
import { defaultHeaders } from './client-options';

/** Shorter parts of a key, or of a header, are no secrets, and hiding them would hide half of every text. */
const SHORTEST = 6;
const HIDDEN = '[hidden]';

/** Headers whose value is nobody's business, as gateways and proxies name them. */
const SECRET_HEADER = /auth|key|token|secret|cookie|passw|credential/i;

/**
 * What takes out of a text all that a client authenticates with: keys of any form, as they are and as URLs, JSON and Base64
 * write them, because gateways and proxies quote what they were sent in their answers.
 */
export function secretsOf(client: Anthropic): (text: string) => string {
  const forms = [...new Set(held(client).flatMap(parts).flatMap(writings))]
    // The longest first: a part that is hidden alone would leave the rest standing.
    .sort((a, b) => b.length - a.length);
  return (text) => withoutKnownForms(forms.reduce((rest, form) => rest.replaceAll(form, HIDDEN), text));
}

/** Keys of Anthropic's own form, and passwords in URLs, whoever they belong to. */
export function withoutKnownForms(text: string): string {
  return text.replace(/sk-ant-[\w-]+/g, 'sk-ant-…').replace(/:\/\/[^\s/@]+@/g, '://…@');
}

/** The default headers by which a client may authenticate, whatever order they were given in. */
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

/** A user's name and password, and what a query brings along. */
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
    // It has a percent sign of its own.
    return text;
  }
}

/** The whole, and its words: of `Bearer KEY` the key, of a key with a line break each line. */
function parts(secret: string): string[] {
  return [secret, ...secret.split(/\s+/)].filter((part) => part.length >= SHORTEST);
}

function writings(secret: string): string[] {
  const encoded = secret.isWellFormed() ? [encodeURIComponent(secret)] : [];
  return [secret, JSON.stringify(secret).slice(1, -1), ...encoded, ...base64(secret)];
}

/**
 * What of a text is the same in the Base64 of whatever holds it, such as `user:KEY`: three bytes become four characters, so
 * there are three ways in which it can come to lie, and the characters at its ends depend on its neighbors.
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
