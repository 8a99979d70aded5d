import type { IncomingHttpHeaders } from 'node:http';
import { ApiError, invalid } from './api-error';

const API_VERSIONS = ['2023-06-01', '2026-10-21'] as const;
export type ApiVersion = (typeof API_VERSIONS)[number];

/** Accepted keys. As a record, each with its workspace. */
export type ApiKeys = string[] | Record<string, string>;

const DEFAULT_WORKSPACE = 'default';

export interface Caller {
  workspace: string;
  version: ApiVersion;
}

/** Returns the caller and its version of the API, according to the headers. */
export function authenticate(headers: IncomingHttpHeaders, keys: ApiKeys | undefined): Caller {
  const key = keyOf(headers);
  if (!key) throw new ApiError('authentication_error', 'x-api-key header is required');
  const own = workspaceOf(key, keys);
  if (own === undefined) throw new ApiError('authentication_error', 'invalid x-api-key');
  const asked = headers['anthropic-workspace-id'];
  if (typeof asked === 'string' && own !== DEFAULT_WORKSPACE && asked !== own) {
    throw new ApiError('permission_error', `The API key does not belong to the workspace ${asked}.`);
  }
  return { workspace: typeof asked === 'string' ? asked : own, version: versionOf(headers) };
}

function keyOf(headers: IncomingHttpHeaders): string | undefined {
  const key = headers['x-api-key'];
  if (typeof key === 'string' && key !== '') return key;
  return /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1];
}

function workspaceOf(key: string, keys: ApiKeys | undefined): string | undefined {
  if (keys === undefined) return DEFAULT_WORKSPACE;
  if (Array.isArray(keys)) return keys.includes(key) ? DEFAULT_WORKSPACE : undefined;
  return Object.hasOwn(keys, key) ? keys[key] : undefined;
}

function versionOf(headers: IncomingHttpHeaders): ApiVersion {
  const version = headers['anthropic-version'];
  if (version === undefined) throw invalid('anthropic-version: header is required');
  const known = API_VERSIONS.find((each) => each === version);
  if (!known) throw invalid(`anthropic-version: "${version}" is not a valid version`);
  return known;
}
