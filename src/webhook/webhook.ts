// webhook/: calls a user's server when a job has ended, by the Standard Webhooks specification
// (https://www.standardwebhooks.com). Start here. Imports src/job and src/job-spec.

import { createHash } from 'node:crypto';
import { Webhook as Signer } from 'standardwebhooks';
import type { JobSummary } from '../job/job';
import { WEBHOOK_NAME } from '../job-spec/on-complete';
import { SpecError, type SpecProblem } from '../job-spec/validation-errors';

/** A user's server, which receives a call when a job has ended. */
export interface Webhook {
  /** Where the calls are sent: `https://…`, or `http://…` inside a network. */
  url: string;
  /** The secret that signs the calls, shared with the server: `whsec_` and 24 to 64 bytes in Base64. */
  secret: string;
}

/** Webhooks by the name that a job's `onComplete` uses. */
export type Webhooks = Readonly<Record<string, Webhook>>;

/** @throws {SpecError} if a name, a URL or a secret is not valid. Shows no secret. */
export function assertWebhooks(webhooks: Webhooks): void {
  const problems = Object.entries(webhooks).flatMap(([name, webhook]) => problemsOf(name, webhook));
  if (problems.length > 0) throw new SpecError(problems);
}

function problemsOf(name: string, { url, secret }: Webhook): SpecProblem[] {
  const option = `webhooks.${name}`;
  const problem = (allowed: string): SpecProblem => ({ option, message: `\`${option}\` ${allowed}.` });
  if (!WEBHOOK_NAME.test(name)) {
    return [problem('must have a name of 1 to 64 letters, digits, "_" and "-"')];
  }
  const problems: SpecProblem[] = [];
  if (!isAddress(url)) {
    problems.push(problem('must have an https or http URL without a user name and password as its `url`'));
  }
  if (!isSecret(secret)) {
    problems.push(problem('must have a `secret` of `whsec_` and 24 to 64 bytes in Base64'));
  }
  return problems;
}

function isAddress(url: unknown): boolean {
  if (typeof url !== 'string' || !/^https?:\/\//.test(url) || !URL.canParse(url)) return false;
  const { username, password } = new URL(url);
  return username === '' && password === '';
}

const SECRET = /^whsec_([A-Za-z0-9+/]+={0,2})$/;

function isSecret(secret: unknown): boolean {
  const [, base64] = (typeof secret === 'string' && SECRET.exec(secret)) || [];
  const bytes = Buffer.from(base64 ?? '', 'base64').length;
  return bytes >= 24 && bytes <= 64;
}

/** Milliseconds. A server should accept a call first and act on it then. */
const CALL_TIMEOUT = 30_000;

/** The server refused the call, or could not be reached. */
export class WebhookError extends Error {
  constructor(
    /** The message without the server's address. */
    readonly publicMessage: string,
    /** The server will refuse every further call. */
    readonly final: boolean,
    { detail = '', ...options }: ErrorOptions & { detail?: string } = {},
  ) {
    super(publicMessage + detail, options);
  }
}

/**
 * Sends the summary of an ended job to the server. Every call for the same job has the same id, by which the
 * server can recognize a repetition.
 *
 * @throws {WebhookError}
 */
export async function callWebhook(
  name: string,
  { url, secret }: Webhook,
  summary: JobSummary,
  signal: AbortSignal,
): Promise<void> {
  const body = JSON.stringify({ type: `job.${summary.state}`, timestamp: summary.endedAt, data: summary });
  const now = new Date();
  const id = `msg_${createHash('sha256').update(`${summary.job.id}/${summary.job.instance}`).digest('hex').slice(0, 32)}`;
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
    'webhook-signature': new Signer(secret).sign(id, now, body),
  };
  const response = await fetch(url, {
    method: 'POST',
    headers,
    body,
    redirect: 'manual',
    signal: AbortSignal.any([signal, AbortSignal.timeout(CALL_TIMEOUT)]),
  }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw new WebhookError(`The webhook ${name} could not be reached.`, false, {
      cause: error,
      detail: ` ${reasonOf(error)}`,
    });
  });
  await response.body?.cancel().catch(() => {});
  if (response.ok) return;
  const status = `HTTP ${response.status}`;
  if (response.status === 410) {
    throw new WebhookError(`The webhook ${name} is gone (${status}), so it is not called again.`, true);
  }
  throw new WebhookError(`The webhook ${name} refused the call (${status}).`, false);
}

/** Returns why `fetch` failed. Its own message is only "fetch failed". */
function reasonOf(error: unknown): string {
  const cause = (error as { cause?: unknown }).cause ?? error;
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}
