import { ResultsInvalid } from './results-errors';
import type { OwedRows } from './sent-rows';

/** Characters of a `custom_id` that the API takes; all of them are ASCII. */
const WIDTH = 64;
const FORM = new RegExp(`^[A-Za-z0-9_-]{1,${WIDTH}}$`);

/** Any number of `custom_id`s in 64 bytes each, which strings are not. */
export class CustomIds {
  #bytes = Buffer.alloc(256 * WIDTH);
  #count = 0;

  /** @returns its number, from 0. */
  add(customId: string): number {
    const number = this.#count++;
    if (this.#count * WIDTH > this.#bytes.length) {
      this.#bytes = Buffer.concat([this.#bytes], 2 * this.#bytes.length);
    }
    this.#bytes.write(customId, number * WIDTH, WIDTH, 'latin1');
    return number;
  }

  get(number: number): string {
    const bytes = this.#bytes.subarray(number * WIDTH, (number + 1) * WIDTH);
    const end = bytes.indexOf(0);
    return bytes.toString('latin1', 0, end === -1 ? WIDTH : end);
  }

  /** The numbers in order of their ids, byte by byte: the same however they came. */
  sorted(): Uint32Array {
    return Uint32Array.from({ length: this.#count }, (_, number) => number).sort((a, b) =>
      this.#compare(a, b),
    );
  }

  /** The numbers of two equal ids, where there are any. */
  twice(): [number, number] | undefined {
    const order = this.sorted();
    const at = order.findIndex(
      (number, place) => place > 0 && this.#compare(order[place - 1]!, number) === 0,
    );
    return at === -1 ? undefined : [order[at - 1]!, order[at]!];
  }

  #compare(a: number, b: number): number {
    const bytes = this.#bytes;
    return bytes.compare(bytes, b * WIDTH, (b + 1) * WIDTH, a * WIDTH, (a + 1) * WIDTH);
  }
}

/**
 * The rows of a batch that another tool made: what it sent nobody here knows, so its rows are all that are owed, each with a
 * `custom_id` of its own. A row's number is its place in the stream.
 */
export class ForeignRows implements OwedRows {
  readonly #ids = new CustomIds();

  constructor(private readonly batch: string) {}

  take(customId: string): number {
    if (FORM.test(customId)) return this.#ids.add(customId);
    throw new ResultsInvalid(
      `The results of the batch ${this.batch} have a custom_id that the API does not take.`,
    );
  }

  end(): void {
    const twice = this.#ids.twice();
    if (!twice) return;
    const [first, second] = twice.map((number) => number + 1);
    // The ids are the documents', and this message goes into histories.
    throw new ResultsInvalid(
      `The results of the batch ${this.batch} have one custom_id twice, in rows ${first} and ${second}.`,
    );
  }
}
