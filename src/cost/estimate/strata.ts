/** Strata of about equally many requests, by size. */
const STRATA = 10;
/** Sizes are told apart by an eighth of a doubling: by 9 %. */
const BINS_A_DOUBLING = 8;

/** A request that may be counted, for itself and for all that are equal to it. */
export interface Drawn<T> {
  lot: number;
  bytes: number;
  item: T;
}

/** Requests of one model and of like size, of which those in `sample` are to be counted. */
export interface Stratum<T> {
  model: string;
  requests: number;
  sample: Drawn<T>[];
  /** What `binOf` gives for its requests. */
  bins: string[];
}

interface Bin<T> {
  key: string;
  model: string;
  size: number;
  requests: number;
  /** Different ones with the smallest lots, smallest first. */
  drawn: Drawn<T>[];
}

/** Which requests are taken for like. Tokenizers differ by model. */
export const binOf = (model: string, bytes: number): string => `${model} ${sizeOf(bytes)}`;

const sizeOf = (bytes: number) => Math.floor(BINS_A_DOUBLING * Math.log2(Math.max(1, bytes)));

/**
 * Draws a sample of a stream of requests in one pass, in memory that does not grow with the stream: of each bin of sizes it
 * keeps the requests with the smallest lots, and of equal ones the first. Which they are depends on the requests alone, not on their order.
 */
export class Survey<T> {
  requests = 0;
  readonly #bins = new Map<string, Bin<T>>();

  readonly #sample: number;

  /** @param sample how many are to be counted; at least one of each model is. */
  constructor(sample: number) {
    this.#sample = sample;
  }

  /** @param lot a number that follows from the request and is spread evenly over all different ones; equal requests have the same */
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

  /** Bins joined into strata, each with its share of the sample. */
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

  /** Leaves each stratum its share of the sample; what one has too few different requests for goes to the others. */
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

/** Neighbors are joined until they are `least` together; what is left at the end of a model goes to its last group. */
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

/** Where a lot belongs among those that are sorted. */
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
