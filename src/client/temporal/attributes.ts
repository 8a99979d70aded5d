import type { Client } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../../job/names';
import { GRPC, grpcStatus } from './grpc';

const KEYWORD = 2;
const OURS = Object.values(SEARCH_ATTRIBUTES);

/** What a server answers whose operator service is not for everybody, or not there. */
const UNASKABLE: ReadonlySet<number | undefined> = new Set([
  GRPC.permissionDenied,
  GRPC.unauthenticated,
  GRPC.unimplemented,
]);

interface Registered {
  custom: Record<string, number>;
  system: Record<string, number>;
}

/** The namespace's search attributes by name; `undefined` where nobody may ask, as on Temporal Cloud. */
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

/** Whether jobs may set this project's search attributes: an unregistered one would jam the workflow. */
export function holdsOurs(registered: Registered | undefined): boolean {
  return registered !== undefined && OURS.every((name) => registered.custom[name] === KEYWORD);
}

/** The first name that is not registered, as far as the server tells. */
export function unregistered(registered: Registered | undefined, names: string[]): string | undefined {
  if (!registered) return undefined;
  return names.find((name) => !(name in registered.custom) && !(name in registered.system));
}

/**
 * Registers the search attributes that jobs show in the Temporal UI. Done once a namespace; again does nothing.
 *
 * @returns the names that were not registered before.
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
