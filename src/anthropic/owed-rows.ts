import { MOST_REQUESTS } from '../job/limits';
import { customId, parseCustomId } from '../job/protocol/custom-id';

/** The rows that a batch owes, each with a number. */
export interface OwedRows {
  /** The row's number, or why no row with this `custom_id` is owed. */
  numberOf(customId: string): number | string;
  customIdOf(number: number): string;
  /** All that are owed; `undefined` where only the results tell. */
  readonly all: readonly number[] | undefined;
}

/** The rows of a batch of ours. A row's number is its request's ordinal. */
export class SentRows implements OwedRows {
  readonly #sent = new Uint8Array(MOST_REQUESTS);

  readonly #nonce: string;

  constructor(
    nonce: string,
    readonly all: readonly number[],
  ) {
    this.#nonce = nonce;

    for (const ordinal of all) this.#sent[ordinal] = 1;
  }

  numberOf(customId: string): number | string {
    const id = parseCustomId(customId);
    if (!id) return 'The custom_id is of another tool.';
    if (id.nonce !== this.#nonce) return 'The custom_id is of another batch.';
    return this.#sent[id.ordinal] ? id.ordinal : 'The custom_id was not sent in this batch.';
  }

  customIdOf(number: number): string {
    return customId(this.#nonce, number);
  }
}

const FORM = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * The rows of a batch that another tool made. What it sent is not known here, so every row is owed, each under a
 * `custom_id` of its own. A row's number is the place of its first coming.
 */
export class ForeignRows implements OwedRows {
  readonly all = undefined;
  readonly #numbers = new Map<string, number>();
  readonly #ids: string[] = [];

  numberOf(customId: string): number | string {
    const known = this.#numbers.get(customId);
    if (known !== undefined) return known;
    if (!FORM.test(customId)) return 'The API does not take a custom_id of this form.';
    if (this.#ids.length >= MOST_REQUESTS) return `A batch has at most ${MOST_REQUESTS} requests.`;
    const number = this.#ids.push(customId) - 1;
    this.#numbers.set(customId, number);
    return number;
  }

  customIdOf(number: number): string {
    return this.#ids[number]!;
  }

  /** The numbers in order of their ids, byte by byte: the same however they came. */
  sorted(): number[] {
    const ids = this.#ids;
    return ids.map((_, number) => number).sort((a, b) => (ids[a]! < ids[b]! ? -1 : 1));
  }
}
