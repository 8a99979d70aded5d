// records/: what lies under which key of a store. This file has all keys; the others read and write one kind of record each.
// It imports src/store, src/job, src/job-spec and src/cost.

import type { JobRef } from '../job/job';
import { encodeSegment } from './encode';

const padded = (n: number, width = 6) => String(n).padStart(width, '0');

type Folder = Pick<JobRef, 'id' | 'instance'>;

const jobFolder = (job: Folder) => `jobs/${encodeSegment(job.id)}/${encodeSegment(job.instance)}/`;
const chunkFolder = (job: Folder, chunk: number) => `${jobFolder(job)}chunks/${padded(chunk)}/`;
const roundFolder = (job: Folder, chunk: number, round: number) =>
  `${chunkFolder(job, chunk)}rounds/${padded(round, 2)}/`;

/** The batch of a round, or a batch of it that was bought although its attempt had been presumed void. */
export interface Downloaded {
  job: Folder;
  chunk: number;
  round: number;
  orphan?: string;
}

const downloadedFolder = ({ job, chunk, round, orphan }: Downloaded) =>
  `${roundFolder(job, chunk, round)}${orphan === undefined ? '' : `orphans/${encodeSegment(orphan)}/`}`;

const probeFolder = (name: string) => `probes/${name}/`;

/** Every key of the store, in one place: nothing else builds one, and nothing but the functions below takes one apart. */
export const keys = {
  /** The store's own id: `{id}`. */
  store: 'store.json',

  /** What a worker writes and deletes again before it says that it is ready, to see that the store works. */
  probe: (name: string) => `${probeFolder(name)}probe`,
  probeFolder,

  jobs: 'jobs/',
  /** All instances of one job id lie below. */
  instances: (jobId: string) => `jobs/${encodeSegment(jobId)}/`,
  /** The same by the folders' names: an id that is shortened to a hash is known from the spec alone. */
  instancesIn: (jobName: string) => `jobs/${jobName}/`,
  specIn: (jobName: string, instanceName: string) => `jobs/${jobName}/${instanceName}/spec.json`,
  job: jobFolder,
  /** The normalized spec, immutable. */
  spec: (job: Folder) => `${jobFolder(job)}spec.json`,
  /** The input as it was when the job began. */
  input: (job: Folder, format: string) => `${jobFolder(job)}input.${format}`,
  /** A page of the plan, by its first chunk: a `PlanPage`. */
  plan: (job: Folder, chunk: number) => `${jobFolder(job)}plan/${padded(chunk)}.json`,
  /** The batch of another tool that the job takes the results of: an `AdoptedBatch`. */
  adopted: (job: Folder) => `${jobFolder(job)}adopted.json`,
  summary: (job: Folder) => `${jobFolder(job)}summary.json`,
  /** That its worst case was found to be within its budget, or need not be: a `JobQuote`. */
  quote: (job: Folder) => `${jobFolder(job)}quote.json`,
  /** What people asked of it while it ran: a `StoredRequest` each, numbered in the order in which they are in force. */
  requestsOfJob: (job: Folder) => `${jobFolder(job)}requests/`,
  requestOfJob: (job: Folder, number: number) => `${jobFolder(job)}requests/${padded(number)}.json`,
  /** The account of its budget: a page for each change, with running totals. */
  jobBook: (job: Folder) => `${jobFolder(job)}budget/`,
  /** Which jobs retry this one: `{id, instance}`, each an exclusive claim. */
  retries: (job: Folder) => `${jobFolder(job)}retries/`,
  retry: (job: Folder, number: number) => `${jobFolder(job)}retries/${padded(number)}.json`,

  chunks: (job: Folder) => `${jobFolder(job)}chunks/`,
  /** One line a document: `{"id", "line"}`, and `not_sent` where it cannot be sent. The line number is the ordinal. */
  documents: (job: Folder, chunk: number) => `${chunkFolder(job, chunk)}documents.jsonl`,
  /** One line a document, same ordinals: the params that are sent, or `null` where nothing can be. */
  requests: (job: Folder, chunk: number) => `${chunkFolder(job, chunk)}requests.jsonl`,
  /** One line a document, same ordinals: the SHA-256 of the params in hex, or `-` where nothing can be sent. */
  digests: (job: Folder, chunk: number) => `${chunkFolder(job, chunk)}digests`,
  /**
   * Documents whose request is equal to an earlier one, which alone is sent: a line each, with its ordinal and that one's chunk and
   * ordinal.
   */
  equal: (job: Folder, chunk: number) => `${chunkFolder(job, chunk)}equal`,
  /** Below: documents that an earlier job has the answer of, `[ordinal, result]` a line, as they were found in one pass or more. */
  allReused: (job: Folder, chunk: number) => `${chunkFolder(job, chunk)}reused/`,
  reused: (job: Folder, chunk: number, pass: number) =>
    `${chunkFolder(job, chunk)}reused/${padded(pass, 3)}.jsonl`,
  /** How many documents of which chunks are not sent for these: an `EqualRequests`. */
  equalRequests: (job: Folder) => `${jobFolder(job)}equal.json`,
  /** The worst case of what the chunk's requests cost: a `ChunkQuote`. */
  chunkQuote: (job: Folder, chunk: number) => `${chunkFolder(job, chunk)}quote.json`,
  /** The books in which something may be reserved for the chunk: a `ChunkBook` each. */
  chunkBooks: (job: Folder, chunk: number) => `${chunkFolder(job, chunk)}books/`,
  chunkBook: (job: Folder, chunk: number, budget: string) =>
    `${chunkFolder(job, chunk)}books/${encodeSegment(budget)}.json`,
  chunkSummary: (job: Folder, chunk: number) => `${chunkFolder(job, chunk)}summary.json`,

  /** When the chunk was closed to whoever had been asked to send before: `{at}`. */
  closed: (job: Folder, chunk: number) => `${chunkFolder(job, chunk)}closed.json`,

  rounds: (job: Folder, chunk: number) => `${chunkFolder(job, chunk)}rounds/`,
  /**
   * Ordinals that the round sends, one a line. That of round 0, which without one sends all, is not among the rounds: nothing is
   * begun yet.
   */
  selection: (job: Folder, chunk: number, round: number) =>
    `${round === 0 ? chunkFolder(job, chunk) : roundFolder(job, chunk, round)}selection`,
  /** Why the round's results cannot be had any more: `{batch, reason}`; absent while nobody gave them up. */
  lost: (job: Folder, chunk: number, round: number) => `${roundFolder(job, chunk, round)}lost.json`,
  /**
   * Of a round that is sent live: who decided of a request first, `{decision, token}`, where `sent` was written before the call and
   * `canceled` says that there will be none; and what came of the call, as the `result` of a row.
   */
  call: (job: Folder, chunk: number, round: number, ordinal: number) =>
    `${roundFolder(job, chunk, round)}calls/${padded(ordinal)}.json`,
  answers: (job: Folder, chunk: number, round: number) => `${roundFolder(job, chunk, round)}answers/`,
  answer: (job: Folder, chunk: number, round: number, ordinal: number) =>
    `${roundFolder(job, chunk, round)}answers/${padded(ordinal)}.json`,
  /** Below: complete downloads of a batch's results, as received, by number; or the answers of a round that was sent live. */
  downloads: (of: Downloaded) => `${downloadedFolder(of)}downloads/`,
  download: (of: Downloaded, number: number) => `${downloadedFolder(of)}downloads/${padded(number, 3)}.jsonl`,
  /** When each download was made and what lines it had: a `DownloadNote` each. */
  downloadNotes: (of: Downloaded) => `${downloadedFolder(of)}downloads.json`,
  /** What the downloads come to, once that is decided: a `StoredResults`. */
  judged: (of: Downloaded) => `${downloadedFolder(of)}results.json`,
  /** What of them cannot be used, one a line, with the reason. */
  unusable: (of: Downloaded) => `${downloadedFolder(of)}unusable.jsonl`,
  attempts: (job: Folder, chunk: number, round: number) => `${roundFolder(job, chunk, round)}attempts/`,
  attempt: (job: Folder, chunk: number, round: number, attempt: number, entry: string) =>
    `${roundFolder(job, chunk, round)}attempts/${padded(attempt, 3)}/${entry}.json`,

  /** Such batches of the job are noted below, in whatever chunk. */
  orphans: (job: Folder) => `${jobFolder(job)}orphans/`,
  orphan: (job: Folder, batchId: string) => `${jobFolder(job)}orphans/${encodeSegment(batchId)}.json`,

  /** The whole of a message of which Temporal was told the public face, of the job or of one of its chunks. */
  problem: (job: Folder, chunk: number | undefined, name: string) =>
    `${chunk === undefined ? jobFolder(job) : chunkFolder(job, chunk)}problems/${name}.json`,

  /** Final results of all chunks lie below; by name they are in input order. */
  allResults: (job: Folder) => `${jobFolder(job)}results/`,
  results: (job: Folder, chunk: number) => `${jobFolder(job)}results/${padded(chunk)}.jsonl`,

  /** Whose a batch is: an exclusive claim across all jobs of the store. */
  batch: (batchId: string) => `batches/${encodeSegment(batchId)}.json`,
  batches: 'batches/',

  /** What all jobs may cost in a period: a `StoreBudget`. */
  budget: 'budget.json',
  /** The account of that budget in one period. */
  periodBook: (period: string) => `budgets/${encodeSegment(period)}/`,
  page: (book: string, number: number) => `${book}${padded(number, 9)}.json`,

  /** Which firing took an input whose path holds a time: `{job, time}`, an exclusive claim. */
  scheduleInput: (scheduleId: string, path: string) =>
    `schedules/${encodeSegment(scheduleId)}/inputs/${encodeSegment(path)}.json`,
  /** A schedule's spec; each update writes a version of its own, which the firings name. */
  schedule: (scheduleId: string, version: string) => `schedules/${encodeSegment(scheduleId)}/${version}.json`,
};

const ATTEMPT = /^jobs\/[^/]+\/[^/]+\/chunks\/(\d+)\/rounds\/\d+\/attempts\/(\d+)\//;
const REQUESTS = /^jobs\/[^/]+\/[^/]+\/chunks\/\d+\/requests\.jsonl$/;
const ROUND = /^jobs\/[^/]+\/[^/]+\/chunks\/(\d+)\/rounds\/(\d+)\/(.+)$/;
const HOME: readonly (string | undefined)[] = ['results.json', 'lost.json'];
const END_OF_ROUND = /\/rounds\/\d+\/(lost\.json|(orphans\/[^/]+\/)?(results\.json|downloads\/\d+\.jsonl))$/;
const DOWNLOAD = /\/downloads\/(\d+)\.jsonl$/;

/** Which attempt of which chunk an entry of the ledger is about; `undefined` for any other key. */
export function attemptOf(key: string): { chunk: number; attempt: number } | undefined {
  const [, chunk, attempt] = ATTEMPT.exec(key) ?? [];
  return chunk === undefined ? undefined : { chunk: Number(chunk), attempt: Number(attempt) };
}

/** Whether the key holds a chunk's requests. */
export function holdsRequests(key: string): boolean {
  return REQUESTS.test(key);
}

/** The number of a download; `undefined` for any other key. */
export function downloadNumber(key: string): number | undefined {
  const [, number] = DOWNLOAD.exec(key) ?? [];
  return number === undefined ? undefined : Number(number);
}

/** Whether the key holds results of a round, those of an orphan too, or the news that there are none. */
export function endsRound(key: string): boolean {
  return END_OF_ROUND.test(key);
}

/** Which round of which chunk a key lies in, and whether it says that the round's own results are here or lost; `undefined` for any other key. */
export function roundOf(key: string): { chunk: number; round: number; home: boolean } | undefined {
  const [, chunk, round, name] = ROUND.exec(key) ?? [];
  return chunk === undefined
    ? undefined
    : { chunk: Number(chunk), round: Number(round), home: HOME.includes(name) };
}
