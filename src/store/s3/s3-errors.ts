import { type Store, StoreError } from '../store';

/** Returns the HTTP status of an SDK error, or `undefined`. */
export function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata?.httpStatusCode;
}

/** Returns the server's error code, such as `NoSuchKey`. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : String(error);
}

/**
 * Returns whether the key does not exist. A missing bucket is a different error, if the server distinguishes
 * them.
 */
export function isMissing(error: unknown): boolean {
  return statusOf(error) === 404 && nameOf(error) !== 'NoSuchBucket';
}

/**
 * Returns whether an exclusive create was refused because of another write of the key, complete (412) or in
 * progress (409).
 */
export function isRefused(error: unknown): boolean {
  return (
    statusOf(error) === 412 || (statusOf(error) === 409 && nameOf(error) === 'ConditionalRequestConflict')
  );
}

/** Converts a failed request to an error for the user, with advice. */
export function s3Error(store: Store, key: string, doing: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const message = withoutCredentials(error instanceof Error ? error.message : String(error));
  const status = statusOf(error);
  const said = `Could not ${doing} ${key === '' ? 'the root' : key} in the store ${store.location}`;
  const what = status === undefined ? message : `${nameOf(error)}: ${message} (HTTP ${status})`;
  const name = /^\w{1,60}$/.test(nameOf(error)) ? nameOf(error) : 'an error';
  const code = status === undefined ? name : `${name} (HTTP ${status})`;
  return new StoreError(`${said}: ${what.replace(/\.?$/, '.')}${advice(error)}`, key, {
    cause: error,
    publicMessage: `${said}: ${code}.${advice(error)}`,
  });
}

/**
 * Hides credentials in messages. Servers and proxies quote requests: access key ids, and in headers and
 * signed URLs also credentials, signatures and session tokens. The secret key itself is never sent.
 */
function withoutCredentials(message: string): string {
  return message
    .replace(/\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b/g, '[hidden]')
    .replace(/(\b(?:Credential|Signature|Security-Token)["']?\s*[:=]\s*["']?)[^\s,&"'<>]+/gi, '$1[hidden]');
}

function advice(error: unknown): string {
  if (nameOf(error) === 'NoSuchBucket') return ' Create the bucket first, or correct its name.';
  if (nameOf(error) === 'CredentialsProviderError') {
    return (
      ' Provide credentials where the AWS SDK finds them (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, ' +
      'AWS_PROFILE, a role).'
    );
  }
  if (error instanceof Error && error.message === 'Region is missing') return ' Set AWS_REGION.';
  const status = statusOf(error);
  if (status === 401 || status === 403) {
    return ' The credentials need s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket there.';
  }
  if (status === 301 || status === 400) return ' Check AWS_REGION and the endpoint.';
  return '';
}
