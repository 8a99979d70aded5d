/** Strata of about equally many requests, by size. */
const STRATA = 10;
/** Sizes are told apart by an eighth of a doubling: by 9 %. */
const BINS_A_DOUBLING = 8;

/** A request that may be counted. */
export interface Drawn<T> {
  /** From 0, as they were added. */
  ordinal: number;
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
  /** Those with the smallest lots, smallest first. */
  drawn: (Drawn<T> & { lot: number })[];
}

/** Which requests are taken for like. Tokenizers differ by model. */
export const binOf = (model: string, bytes: number): string => `${model} ${sizeOf(bytes)}`;

const sizeOf = (bytes: number) => Math.floor(BINS_A_DOUBLING * Math.log2(Math.max(1, bytes)));

/**
 * Draws a sample of a stream of requests in one pass, in memory that does not grow with the stream: of each bin of sizes it
 * keeps the requests with the smallest lots. Which they are depends on the requests alone, not on their order.
 */
export class Survey<T> {
  requests = 0;
  private readonly bins = new Map<string, Bin<T>>();

  /** @param sample how many are to be counted; at least one of each model is. */
  constructor(private readonly sample: number) {}

  /** @param lot a number that follows from the request and is spread evenly over all of them */
  add(model: string, bytes: number, lot: number, item: T): void {
    const ordinal = this.requests++;
    const key = binOf(model, bytes);
    let bin = this.bins.get(key);
    if (!bin) {
      bin = { key, model, size: sizeOf(bytes), requests: 0, drawn: [] };
      this.bins.set(key, bin);
    }
    bin.requests++;
    const { drawn } = bin;
    if (drawn.length === this.sample && lot >= drawn[drawn.length - 1]!.lot) return;
    drawn.splice(placeOf(drawn, lot), 0, { ordinal, bytes, item, lot });
    if (drawn.length > this.sample) drawn.pop();
  }

  /** Bins joined into strata, each with its share of the sample. */
  strata(): Stratum<T>[] {
    const bins = [...this.bins.values()].sort((a, b) =>
      a.model < b.model ? -1 : a.model > b.model ? 1 : a.size - b.size,
    );
    let before = 0;
    return joined(bins, this.requests / Math.min(STRATA, this.sample)).map((group) => {
      const requests = total(group);
      const share = this.shareUpTo(before + requests) - this.shareUpTo(before);
      before += requests;
      const drawn = group.flatMap((bin) => bin.drawn).sort((a, b) => a.lot - b.lot);
      return {
        model: group[0]!.model,
        requests,
        sample: drawn.slice(0, Math.max(1, share)).map(({ lot: _, ...kept }) => kept),
        bins: group.map(({ key }) => key),
      };
    });
  }

  /** Of the first so many requests, in order of their strata, so many are counted. */
  private shareUpTo(requests: number): number {
    return Math.floor((Math.min(this.sample, this.requests) * requests) / this.requests);
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
