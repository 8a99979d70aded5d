/** Number of strata of about the same number of requests, by size. */
const STRATA = 10;
/** Bins of sizes per doubling. Each bin spans 9 %. */
const BINS_A_DOUBLING = 8;

/** A request to count, for itself and for all equal ones. */
export interface Drawn<T> {
  lot: number;
  bytes: number;
  item: T;
}

/** Requests of one model and of similar size. Those in `sample` are counted. */
export interface Stratum<T> {
  model: string;
  requests: number;
  sample: Drawn<T>[];
  /** The `binOf` values of its requests. */
  bins: string[];
}

interface Bin<T> {
  key: string;
  model: string;
  size: number;
  requests: number;
  /** Distinct requests with the smallest lots, smallest first. */
  drawn: Drawn<T>[];
}

/** Returns the bin of a request. Requests in a bin are considered similar. Tokenizers differ by model. */
export const binOf = (model: string, bytes: number): string => `${model} ${sizeOf(bytes)}`;

const sizeOf = (bytes: number) => Math.floor(BINS_A_DOUBLING * Math.log2(Math.max(1, bytes)));

/**
 * Draws a sample from a stream of requests in one pass, in bounded memory. Of each bin of sizes, it keeps the
 * requests with the smallest lots, and of equal ones the first. The sample depends only on the requests, not
 * on their order.
 */
export class Survey<T> {
  requests = 0;
  readonly #bins = new Map<string, Bin<T>>();

  readonly #sample: number;

  /** @param sample number of requests to count; at least one per model is counted */
  constructor(sample: number) {
    this.#sample = sample;
  }

  /**
   * @param lot a number derived from the request, evenly distributed over distinct requests; equal requests
   *   have the same
   */
  add(model: string, bytes: number, lot: number, item: T): void {
    this.requests++;
    const key = binOf(model, bytes);
    let bin = this.#bins.get(key);
    if (!bin) {
      bin = { key, model, size: sizeOf(bytes), requests: 0, drawn: [] };
      this.#bins.set(key, bin);
    }
    bin.requests++;
    const { drawn } = bin;
    if (drawn.length === this.#sample && lot >= drawn[drawn.length - 1]!.lot) return;
    const place = placeOf(drawn, lot);
    if (drawn[place - 1]?.lot === lot) return;
    drawn.splice(place, 0, { lot, bytes, item });
    if (drawn.length > this.#sample) drawn.pop();
  }

  /** Joins bins into strata, each with its share of the sample. */
  strata(): Stratum<T>[] {
    const bins = [...this.#bins.values()].sort((a, b) =>
      a.model < b.model ? -1 : a.model > b.model ? 1 : a.size - b.size,
    );
    const strata = joined(bins, this.requests / Math.min(STRATA, this.#sample)).map((group) => ({
      model: group[0]!.model,
      requests: total(group),
      sample: group.flatMap((bin) => bin.drawn).sort((a, b) => a.lot - b.lot),
      bins: group.map(({ key }) => key),
    }));
    this.#share(strata);
    return strata;
  }

  /**
   * Reduces each stratum to its share of the sample. If one has too few distinct requests, the others get the
   * rest.
   */
  #share(strata: readonly Stratum<T>[]): void {
    const left = { sample: Math.min(this.#sample, this.requests), requests: this.requests };
    const variety = ({ requests, sample }: Stratum<T>) => sample.length / requests;
    for (const stratum of [...strata].sort((a, b) => variety(a) - variety(b))) {
      const due = Math.floor((left.sample * stratum.requests) / left.requests);
      const share = Math.min(due, stratum.sample.length);
      left.sample -= share;
      left.requests -= stratum.requests;
      stratum.sample = stratum.sample.slice(0, Math.max(1, share));
    }
  }
}

/**
 * Joins neighboring bins until a group has at least `least` requests. A smaller rest at the end of a model
 * joins its last group.
 */
function joined<T>(bins: Bin<T>[], least: number): Bin<T>[][] {
  const groups: Bin<T>[][] = [];
  for (const bin of bins) {
    const last = groups.at(-1);
    if (last && last[0]!.model === bin.model && total(last) < least) last.push(bin);
    else groups.push([bin]);
  }
  return groups.reduce<Bin<T>[][]>((done, group) => {
    const last = done.at(-1);
    if (last && last[0]!.model === group[0]!.model && total(group) < least) last.push(...group);
    else done.push(group);
    return done;
  }, []);
}

const total = (bins: Bin<unknown>[]) => bins.reduce((sum, { requests }) => sum + requests, 0);

/** Returns the index at which a lot belongs in a sorted list. */
function placeOf(drawn: readonly { lot: number }[], lot: number): number {
  let low = 0;
  let high = drawn.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (drawn[middle]!.lot <= lot) low = middle + 1;
    else high = middle;
  }
  return low;
}
