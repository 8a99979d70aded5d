import type { Client } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../../job/names';
import { GRPC, grpcStatus } from './grpc';

const KEYWORD = 2;
const OURS = Object.values(SEARCH_ATTRIBUTES);

/** The statuses of a server whose operator service is restricted or absent. */
const UNASKABLE: ReadonlySet<number | undefined> = new Set([
  GRPC.permissionDenied,
  GRPC.unauthenticated,
  GRPC.unimplemented,
]);

interface Registered {
  custom: Record<string, number>;
  system: Record<string, number>;
}

/**
 * Returns the namespace's search attributes by name, or `undefined` if the server does not list them
 * (Temporal Cloud).
 */
export async function registeredAttributes(client: Client): Promise<Registered | undefined> {
  try {
    const answer = await client.connection.operatorService.listSearchAttributes({
      namespace: client.options.namespace,
    });
    return { custom: answer.customAttributes ?? {}, system: answer.systemAttributes ?? {} };
  } catch (error) {
    if (UNASKABLE.has(grpcStatus(error)?.code)) return undefined;
    throw error;
  }
}

/**
 * Returns whether jobs may set this project's search attributes. An unregistered one would block the
 * workflow.
 */
export function holdsOurs(registered: Registered | undefined): boolean {
  return registered !== undefined && OURS.every((name) => registered.custom[name] === KEYWORD);
}

/**
 * Returns the first unregistered name, or `undefined` if there is none or the server does not list
 * attributes.
 */
export function unregistered(registered: Registered | undefined, names: string[]): string | undefined {
  if (!registered) return undefined;
  return names.find((name) => !(name in registered.custom) && !(name in registered.system));
}

/**
 * Registers the search attributes that jobs show in the Temporal UI. Needed once per namespace. Idempotent.
 *
 * @returns the newly registered names.
 */
export async function registerSearchAttributes(client: Client): Promise<string[]> {
  const namespace = client.options.namespace;
  const { customAttributes = {} } = await client.connection.operatorService.listSearchAttributes({
    namespace,
  });
  const missing = OURS.filter((name) => !(name in customAttributes));
  if (missing.length > 0) {
    await client.connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map((name) => [name, KEYWORD])),
    });
  }
  return missing;
}
