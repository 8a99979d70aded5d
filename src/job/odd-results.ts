/** What can be odd about a row of a batch's results. */
const ODD_KINDS = [
  /** Cannot be understood: it is the outcome of its document. */
  'unreadable',
  /** No row came for a request that was sent. */
  'missing',
  /** Its `custom_id` was not sent. */
  'foreign',
  /** Came again, the same to the byte. */
  'repeated',
  /** Came again, and says something else. */
  'contradicting',
  /** Has no `custom_id` that can be read. */
  'stray',
  /** `request_counts` of the batch disagree with its rows. */
  'counts',
] as const;
export type OddKind = (typeof ODD_KINDS)[number];

/** How many rows were odd in which way; a kind without any is absent. */
export type OddCounts = { [Kind in OddKind]?: number };

/** One odd row, as the store names it: its `custom_id` may be another tool's, so Temporal is not told. */
export interface OddRow {
  kind: OddKind;
  /** Absent where none can be read. */
  custom_id?: string;
  /** What is odd about it, in a sentence. */
  why: string;
}

/** Odd rows that are named; all are counted. */
export const MOST_NAMED = 100;

/** The sum of counts; `undefined` where there are none. */
export function addOdd(...all: (OddCounts | undefined)[]): OddCounts | undefined {
  const sum: OddCounts = {};
  for (const counts of all) {
    for (const kind of ODD_KINDS) {
      const more = counts?.[kind];
      if (more) sum[kind] = (sum[kind] ?? 0) + more;
    }
  }
  return Object.keys(sum).length > 0 ? sum : undefined;
}

/** Of one, and of more than one. */
const WORDS: Record<OddKind, [string, string]> = {
  unreadable: ['row cannot be understood', 'rows cannot be understood'],
  missing: ['row never came', 'rows never came'],
  foreign: ["row is another batch's", "rows are another batch's"],
  repeated: ['row came twice', 'rows came twice'],
  contradicting: ['row came twice with different contents', 'rows came twice with different contents'],
  stray: ['row has no custom_id', 'rows have no custom_id'],
  counts: ['batch has wrong request_counts', 'batches have wrong request_counts'],
};

/** Counts in words: `3 rows cannot be understood, 1 row never came`. */
export function oddText(counts: OddCounts): string {
  const told: string[] = [];
  for (const kind of ODD_KINDS) {
    const count = counts[kind];
    if (count) told.push(`${count} ${WORDS[kind][count === 1 ? 0 : 1]}`);
  }
  return told.join(', ');
}
