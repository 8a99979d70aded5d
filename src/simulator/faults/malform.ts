import type { Reply } from '../reply';
import type { Malformed } from './fault-spec';
import type { Failure } from './faults';

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Applies a fault to a reply: the wrong shape, with the status and the effect of a good one. */
export function malform(reply: Reply, failure: Failure | undefined): Reply {
  if (reply.kind !== 'json' || !isObject(reply.body)) return reply;
  if (failure?.kind === 'malformed') return { ...reply, body: withFields(reply.body, failure.fields) };
  if (failure?.kind === 'list-omits-zero') return { ...reply, body: withoutZeros(reply.body) };
  return reply;
}

function withFields(body: Json, fields: Record<string, Malformed>): Json {
  const changed = structuredClone(body);
  for (const [path, how] of Object.entries(fields)) {
    for (const object of holders(changed, path)) change(object, path.split('.'), how);
  }
  return changed;
}

/** Returns the objects with a field. If a list lacks it, these are its entries. */
function holders(body: Json, path: string): Json[] {
  const [name] = path.split('.');
  if (name! in body || !Array.isArray(body.data)) return [body];
  return body.data.filter(isObject);
}

function change(object: Json, [name, ...rest]: string[], how: Malformed): void {
  const value = object[name!];
  if (rest.length > 0) {
    if (isObject(value)) change(value, rest, how);
  } else if (how === 'missing') delete object[name!];
  else object[name!] = how === 'null' ? null : retyped(value);
}

const retyped = (value: unknown): unknown =>
  typeof value === 'string' || value === null ? 7 : typeof value === 'object' ? 'retyped' : String(value);

function withoutZeros(body: Json): Json {
  const data = (body.data as { request_counts: Json }[]).map((batch) => ({
    ...batch,
    request_counts: Object.fromEntries(
      Object.entries(batch.request_counts).filter(([, count]) => count !== 0),
    ),
  }));
  return { ...body, data };
}
