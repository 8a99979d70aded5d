import { customId as customIdOf, parseCustomId } from '../job/custom-id';
import { MOST_REQUESTS } from '../job/limits';
import { ResultsInvalid } from './results-errors';

/** The rows that a batch owes: gives each row its number, and refuses one that the batch should not have. */
export interface OwedRows {
  /** @throws {ResultsInvalid} for a `custom_id` that is unknown or comes twice. */
  take(customId: string): number;
  /** Told when the stream has ended with as many rows as the batch counts. @throws {ResultsInvalid} for rows that miss. */
  end(): void;
}

const OWED = 1;
const CAME = 2;

/** The rows of a batch of ours: a row's number is its request's ordinal. */
export class SentRows implements OwedRows {
  readonly #state = new Uint8Array(MOST_REQUESTS);

  constructor(
    private readonly batch: string,
    private readonly nonce: string,
    sent: readonly number[],
  ) {
    for (const ordinal of sent) this.#state[ordinal] = OWED;
  }

  take(customId: string): number {
    const id = parseCustomId(customId);
    if (id?.nonce !== this.nonce || !this.#state[id.ordinal]) {
      throw new ResultsInvalid(
        `The results of the batch ${this.batch} have a custom_id that was not sent: ${id ? customId : 'it is of another tool'}.`,
      );
    }
    if (this.#state[id.ordinal] === CAME) {
      throw new ResultsInvalid(
        `The results of the batch ${this.batch} have the custom_id ${customId} twice.`,
      );
    }
    this.#state[id.ordinal] = CAME;
    return id.ordinal;
  }

  end(): void {
    const missing = this.#state.indexOf(OWED);
    if (missing === -1) return;
    throw new ResultsInvalid(
      `The results of the batch ${this.batch} have no row for a request that was sent: ${customIdOf(this.nonce, missing)}.`,
    );
  }
}
