/** What is odd about a row, or about a batch's counts. */
export type OddKind =
  /** Cannot be understood. This is the outcome of its document. */
  | 'unreadable'
  /** A request that was sent has no row. */
  | 'missing'
  /** Its `custom_id` was not sent. */
  | 'foreign'
  /** Repeats an earlier row, byte for byte. */
  | 'repeated'
  /** Repeats an earlier row with different contents. */
  | 'contradicting'
  /** Has no readable `custom_id`. */
  | 'stray'
  /** The batch's `request_counts` disagree with its rows. */
  | 'counts';

/** Number of odd rows by kind. A kind without any is unset. */
export type OddCounts = { [Kind in OddKind]?: number };

/**
 * One odd row, as the store names it. Not sent to Temporal, because its `custom_id` may be another tool's.
 */
export interface OddRow {
  kind: OddKind;
  /** Unset if unreadable. */
  custom_id?: string;
  /** What is odd about the row, as a sentence. */
  why: string;
}

/** The most odd rows that are named. All are counted. */
export const MOST_NAMED = 100;

/** Each kind in words, in the singular and the plural. */
const WORDS: Record<OddKind, [string, string]> = {
  unreadable: ['row cannot be understood', 'rows cannot be understood'],
  missing: ['row never came', 'rows never came'],
  foreign: ["row is another batch's", "rows are another batch's"],
  repeated: ['row came twice', 'rows came twice'],
  contradicting: ['row came twice with different contents', 'rows came twice with different contents'],
  stray: ['row has no custom_id', 'rows have no custom_id'],
  counts: ['batch has wrong request_counts', 'batches have wrong request_counts'],
};

const KINDS = Object.keys(WORDS) as OddKind[];

/** Returns the sum of counts; `undefined` if there are none. */
export function addOdd(...all: (OddCounts | undefined)[]): OddCounts | undefined {
  const sum: OddCounts = {};
  for (const counts of all) {
    for (const kind of KINDS) {
      const more = counts?.[kind];
      if (more) sum[kind] = (sum[kind] ?? 0) + more;
    }
  }
  return Object.keys(sum).length > 0 ? sum : undefined;
}

/** Returns counts in words: `3 rows cannot be understood, 1 row never came`. */
export function oddText(counts: OddCounts): string {
  const told: string[] = [];
  for (const kind of KINDS) {
    const count = counts[kind];
    if (count) told.push(`${count} ${WORDS[kind][count === 1 ? 0 : 1]}`);
  }
  return told.join(', ');
}
