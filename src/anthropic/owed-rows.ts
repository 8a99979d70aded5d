import { MOST_REQUESTS } from '../job/limits';
import { customId, parseCustomId } from '../job/protocol/custom-id';

/** The rows that a batch must have, each with a number. */
export interface OwedRows {
  /** Returns the row's number, or why no row with this `custom_id` is expected. */
  numberOf(customId: string): number | string;
  customIdOf(number: number): string;
  /** All expected rows; `undefined` if only the results show them. */
  readonly all: readonly number[] | undefined;
}

/** The rows of one of our batches. A row's number is its request's ordinal. */
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
    if (!id) return 'The custom_id belongs to another tool.';
    if (id.nonce !== this.#nonce) return 'The custom_id belongs to another batch.';
    return this.#sent[id.ordinal] ? id.ordinal : 'The custom_id was not sent in this batch.';
  }

  customIdOf(number: number): string {
    return customId(this.#nonce, number);
  }
}

const FORM = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * The rows of a batch that another tool made. Its requests are unknown here, so every row with a distinct
 * `custom_id` is expected. A row's number is the position of its first occurrence.
 */
export class ForeignRows implements OwedRows {
  readonly all = undefined;
  readonly #numbers = new Map<string, number>();
  readonly #ids: string[] = [];

  numberOf(customId: string): number | string {
    const known = this.#numbers.get(customId);
    if (known !== undefined) return known;
    if (!FORM.test(customId)) return 'The API does not allow such a custom_id.';
    if (this.#ids.length >= MOST_REQUESTS) return `A batch has at most ${MOST_REQUESTS} requests.`;
    const number = this.#ids.push(customId) - 1;
    this.#numbers.set(customId, number);
    return number;
  }

  customIdOf(number: number): string {
    return this.#ids[number]!;
  }

  /** Returns the numbers in byte order of their ids, independent of the order of arrival. */
  sorted(): number[] {
    const ids = this.#ids;
    return ids.map((_, number) => number).sort((a, b) => (ids[a]! < ids[b]! ? -1 : 1));
  }
}
