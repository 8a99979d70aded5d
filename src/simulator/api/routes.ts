import { ApiError, notFound } from '../api-error';
import type { Endpoint } from '../faults/fault-spec';

export interface Route {
  endpoint: Endpoint;
  /** The batch that the path names, or empty. */
  id: string;
}

const BATCHES = '/v1/messages/batches';

const ROUTES: [method: string, path: RegExp, endpoint: Endpoint][] = [
  ['POST', /^\/v1\/messages$/, 'messages'],
  ['POST', /^\/v1\/messages\/count_tokens$/, 'count_tokens'],
  ['POST', new RegExp(`^${BATCHES}$`), 'create'],
  ['GET', new RegExp(`^${BATCHES}$`), 'list'],
  ['GET', new RegExp(`^${BATCHES}/([^/]+)$`), 'retrieve'],
  ['DELETE', new RegExp(`^${BATCHES}/([^/]+)$`), 'delete'],
  ['POST', new RegExp(`^${BATCHES}/([^/]+)/cancel$`), 'cancel'],
  ['GET', new RegExp(`^${BATCHES}/([^/]+)/results$`), 'results'],
];

export function routeOf(method: string, path: string): Route {
  const here = ROUTES.filter(([, pattern]) => pattern.test(path));
  if (here.length === 0) throw notFound(`Not found: ${path}`);
  const route = here.find(([each]) => each === method);
  if (!route) throw new ApiError('invalid_request_error', `Method not allowed: ${method} ${path}`, 405);
  return { endpoint: route[2], id: route[1].exec(path)![1] ?? '' };
}
