import type { Endpoint, FaultSpec, HttpFault } from 'temporal-anthropic-batch/simulator';
import { drawOddReply, drawOddRow } from './odd-faults';
import type { Random } from './random';
import { API } from './times';

/**
 * Statuses sent before a call has its effect. Excludes those with which the API itself permanently rejects a
 * request (400, 413): they rightly end a chunk. Also excludes a rejected key in the list, which rightly ends
 * a job in its first step.
 */
const BEFORE: Record<FaultyEndpoint, number[]> = {
  create: [401, 403, 404, 408, 409, 429, 500, 502, 503, 504, 529],
  retrieve: [401, 404, 408, 409, 429, 500, 502, 503, 504, 529],
  list: [408, 409, 429, 500, 502, 503, 504, 529],
  results: [401, 404, 408, 429, 500, 502, 503, 529],
  cancel: [408, 409, 429, 500, 503, 529],
  messages: [401, 408, 409, 429, 500, 502, 503, 504, 529],
  count_tokens: [408, 409, 429, 500, 502, 503, 504, 529],
};

/** Statuses that do not show whether the call had its effect. */
const AFTER = [408, 409, 500, 502, 503, 504];
/** Statuses of a proxy, which prove nothing. */
const PROXY = [400, 403, 404, 413, 429, 502, 503, 529];

export type FaultyEndpoint = Exclude<Endpoint, 'delete'>;

/** Creates get most faults, because they can lose money. */
const ENDPOINTS: readonly FaultyEndpoint[] = [
  'create',
  'create',
  'create',
  'retrieve',
  'list',
  'list',
  'results',
  'results',
  'cancel',
  'messages',
  'messages',
  'count_tokens',
];

/** Draws the API's faults for the next few seconds. */
export function drawFaults(random: Random): FaultSpec {
  const http = Array.from({ length: random.int(3, 7) }, () => drawFault(random));
  return {
    // Delays of one call add up, and a batch must be created within the time that the protocol allows.
    http: http.filter((fault, index) => !isLate(fault) || http.findIndex(isLate) === index),
    listLag: random.chance(0.5) ? random.int(0, API.listLag) : 0,
  };
}

const isLate = (fault: HttpFault) => fault.kind === 'delay' && fault.when === 'before';

function drawFault(random: Random): HttpFault {
  const endpoint = random.pick(ENDPOINTS);
  const scope = { endpoint, times: random.int(1, 3), skip: random.int(0, 2) };
  const draw = random.pick([
    status,
    status,
    lost,
    lost,
    drop,
    drop,
    delay,
    cut,
    drawOddReply,
    drawOddReply,
    drawOddRow,
  ]);
  return { ...scope, ...draw(random, endpoint) } as HttpFault;
}

type Draw = (random: Random, endpoint: FaultyEndpoint) => object;

const status: Draw = (random, endpoint) => {
  const proxy = random.chance(0.3);
  return {
    kind: 'status',
    status: random.pick(proxy ? PROXY : BEFORE[endpoint]),
    proxy,
    ...(random.chance(0.3) ? { retryAfter: random.int(1, 2) } : {}),
    ...(endpoint === 'create' && random.chance(0.4) ? { afterBytes: random.int(0, 100_000) } : {}),
  };
};

/** The call had its effect, but its answer says something else or never arrives. */
const lost: Draw = (random) => {
  if (random.chance(0.4)) return { kind: 'drop', when: 'after' };
  const proxy = random.chance(0.5);
  return { kind: 'status', when: 'after', status: random.pick(proxy ? PROXY : AFTER), proxy };
};

const drop: Draw = (random, endpoint) => ({
  kind: 'drop',
  ...(endpoint === 'create' && random.chance(0.6) ? { afterBytes: random.int(0, 200_000) } : {}),
});

const delay: Draw = (random) =>
  random.chance(0.5)
    ? { kind: 'delay', when: 'before', ms: random.int(100, API.delayBefore) }
    : { kind: 'delay', when: 'after', ms: random.int(100, API.delayAfter) };

const cut: Draw = (random) => ({
  kind: 'cut',
  endpoint: 'results',
  at: random.pick(['line', 'boundary']),
  clean: random.chance(0.5),
  rows: random.int(0, 6),
});
