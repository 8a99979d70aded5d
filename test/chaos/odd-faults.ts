import type { Malformed } from 'temporal-anthropic-batch/simulator';
import { ODD_ROWS } from '../../src/simulator/faults/odd-rows';
import { BATCH_FIELDS, LIST_FIELDS } from '../support/reply-fields';
import type { FaultyEndpoint } from './faults';
import type { Random } from './random';

type Draw = (random: Random) => object;

/**
 * Draws a reply with status 200 that differs from the API's documentation, as gateways send them. Each has a
 * wrong shape but true contents. A reply with the right shape and false contents (a size, an error for an
 * answered request) cannot be detected by any client.
 */
export function drawOddReply(random: Random, endpoint: FaultyEndpoint): object {
  return random.pick(ODD_REPLIES[endpoint])(random);
}

const HOW: readonly Malformed[] = ['missing', 'null', 'retyped'];

/**
 * Without these fields, a reply is not an answer. A reply with other odd contents, such as its model or
 * usage, would still count as an answer.
 */
const MESSAGE_FIELDS = ['type', 'stop_reason'];

const malformed =
  (fields: readonly string[]): Draw =>
  (random) => ({
    kind: 'malformed',
    fields: Object.fromEntries(
      Array.from({ length: random.int(1, 3) }, () => [random.pick(fields), random.pick(HOW)]),
    ),
  });

/** Counts with a different sum than the batch's size would describe another batch. */
const wrongCounts: Draw = (random) => ({
  kind: 'wrong-counts',
  ...random.pick([{}, { counts: {} }, { counts: { succeeded: 1 } }, { counts: { errored: 1, expired: 0 } }]),
});

const jsonPage: Draw = (random) => ({ kind: 'json-page', when: random.pick(['before', 'after']) });

/**
 * Usually the batch exists. If there is none, its chunk waits one grace period, and the next time four,
 * during which a run tests little.
 */
const createPage: Draw = (random) => ({ kind: 'json-page', when: random.chance(0.2) ? 'before' : 'after' });

/** Draws odd rows for the next results. */
export const drawOddRow = (random: Random): object => {
  const row = random.pick(ODD_ROWS);
  return {
    kind: 'odd-row',
    endpoint: 'results',
    row,
    rows: random.int(1, MOST_ODD_ROWS),
    ...(row === 'flat-error' ? { only: 'errored' } : {}),
  };
};

const emptyResults: Draw = () => ({ kind: 'empty-results' });
const listOmitsZero: Draw = () => ({ kind: 'list-omits-zero' });

/** Most odd rows in one reply: the costs of a batch are compared with every subset of its odd rows. */
const MOST_ODD_ROWS = 3;

const ODD_REPLIES: Record<FaultyEndpoint, readonly Draw[]> = {
  create: [malformed(BATCH_FIELDS), createPage],
  retrieve: [malformed(BATCH_FIELDS), malformed(BATCH_FIELDS), wrongCounts, jsonPage],
  list: [
    malformed(BATCH_FIELDS),
    malformed([...LIST_FIELDS, ...BATCH_FIELDS]),
    listOmitsZero,
    wrongCounts,
    jsonPage,
  ],
  cancel: [malformed(BATCH_FIELDS), jsonPage],
  messages: [malformed(MESSAGE_FIELDS), jsonPage],
  count_tokens: [malformed(['input_tokens']), jsonPage],
  results: [drawOddRow, emptyResults, jsonPage],
};
