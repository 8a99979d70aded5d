import type { Malformed } from 'temporal-anthropic-batch/simulator';
import { ODD_ROWS } from '../../src/simulator/faults/odd-rows';
import { BATCH_FIELDS, LIST_FIELDS } from '../support/reply-fields';
import type { FaultyEndpoint } from './faults';
import type { Random } from './random';

type Draw = (random: Random) => object;

/**
 * A reply of status 200 that differs from what the API documents, as gateways send them. Each is odd in its shape and true in what it
 * says: a reply that says something false in the right shape (a size, an error for a request that was answered) no client can know.
 */
export function drawOddReply(random: Random, endpoint: FaultyEndpoint): object {
  return random.pick(ODD_REPLIES[endpoint])(random);
}

const HOW: readonly Malformed[] = ['missing', 'null', 'retyped'];

/** Without these a reply is no answer. One that is odd in what it says, such as its model or usage, would be one all the same. */
const MESSAGE_FIELDS = ['type', 'stop_reason'];

const malformed =
  (fields: readonly string[]): Draw =>
  (random) => ({
    kind: 'malformed',
    fields: Object.fromEntries(
      Array.from({ length: random.int(1, 3) }, () => [random.pick(fields), random.pick(HOW)]),
    ),
  });

/** Counts that add up to another size than the batch's would say that it is another batch. */
const wrongCounts: Draw = (random) => ({
  kind: 'wrong-counts',
  ...random.pick([{}, { counts: {} }, { counts: { succeeded: 1 } }, { counts: { errored: 1, expired: 0 } }]),
});

const jsonPage: Draw = (random) => ({ kind: 'json-page', when: random.pick(['before', 'after']) });

/** Mostly the batch exists: where there is none its chunk waits a grace, and the next time four, in which a run sees little. */
const createPage: Draw = (random) => ({ kind: 'json-page', when: random.chance(0.2) ? 'before' : 'after' });

/** Odd rows in the next results. */
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

/** Rows of one reply: the costs of a batch are compared with every choice of its odd rows. */
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
