// records/: defines which record lies under which key of a store. Start here: this file has all keys, and the
// others read and write one kind of record each. May import src/store, src/job, src/job-spec and src/cost.

import type { JobRef } from '../job/job';
import { encodeSegment } from './encode';

const padded = (n: number, width = 6) => String(n).padStart(width, '0');

/** The name of a version of a record: see `src/records/versions.ts`. */
const versioned = (name: string, version: number) =>
  version === 0 ? `${name}.json` : `${name}.${version}.json`;

/** The name of a file of which a process that was presumed dead may have written another. */
const drafted = (name: string, draft: string | undefined) =>
  draft === undefined ? name : `${name}.${draft}`;

type Folder = Pick<JobRef, 'id' | 'instance'>;

/** A chunk of a job in the store. */
export interface StoredRef {
  job: Folder;
  chunk: number;
}

const jobFolder = (job: Folder) => `jobs/${encodeSegment(job.id)}/${encodeSegment(job.instance)}/`;
const chunkFolder = (job: Folder, chunk: number) => `${jobFolder(job)}chunks/${padded(chunk)}/`;
const roundFolder = (job: Folder, chunk: number, round: number) =>
  `${chunkFolder(job, chunk)}rounds/${padded(round, 2)}/`;

/**
 * The batch of a round, or an orphan: a batch of the round that appeared after its attempt was presumed lost.
 */
export interface Downloaded {
  job: Folder;
  chunk: number;
  round: number;
  orphan?: string;
}

const downloadedFolder = ({ job, chunk, round, orphan }: Downloaded) =>
  `${roundFolder(job, chunk, round)}${orphan === undefined ? '' : `orphans/${encodeSegment(orphan)}/`}`;

const probeFolder = (name: string) => `probes/${name}/`;

/** Every key of the store. Only this object builds keys, and only the functions below parse them. */
export const keys = {
  /** The store's own id: `{id}`. */
  store: 'store.json',

  /** A key that a worker writes and deletes before it is ready, to check the store. */
  probe: (name: string) => `${probeFolder(name)}probe`,
  probeFolder,

  /** Documents that several jobs may read, written by a user's activity: one JSON object per line. */
  storedDocuments: (name: string) => `documents/${name}.jsonl`,
  /** A job spec that several jobs may have, as the user wrote it. */
  storedSpec: (name: string) => `specs/${name}.json`,

  jobs: 'jobs/',
  /** Prefix of all instances of one job id. */
  instances: (jobId: string) => `jobs/${encodeSegment(jobId)}/`,
  /** The same by folder name. If an id is shortened to a hash, only the spec has it in full. */
  instancesIn: (jobName: string) => `jobs/${jobName}/`,
  specIn: (jobName: string, instanceName: string) => `jobs/${jobName}/${instanceName}/spec.json`,
  job: jobFolder,
  /** The normalized spec, immutable. */
  spec: (job: Folder) => `${jobFolder(job)}spec.json`,
  /** The input as it was when the job began. */
  input: (job: Folder, format: string) => `${jobFolder(job)}input.${format}`,
  /** A page of the plan, by its first chunk: a `PlanPage`. */
  plan: (job: Folder, chunk: number) => `${jobFolder(job)}plan/${padded(chunk)}.json`,
  /** Exists once a retry has collected what its earlier job had lost, before its plan begins: `{}`. */
  recovered: (job: Folder) => `${jobFolder(job)}recovered.json`,
  /** The batch of another tool whose results the job takes: an `AdoptedBatch`. */
  adopted: (job: Folder) => `${jobFolder(job)}adopted.json`,
  /** A version of the job's summary: a `JobSummary`. */
  summary: (job: Folder, version = 0) => `${jobFolder(job)}${versioned('summary', version)}`,
  /** The result of the budget check, or that none was needed: a `JobQuote`. */
  quote: (job: Folder) => `${jobFolder(job)}quote.json`,
  /**
   * Control requests of people while the job ran: a `StoredRequest` each, numbered in the order in which they
   * apply.
   */
  requestsOfJob: (job: Folder) => `${jobFolder(job)}requests/`,
  requestOfJob: (job: Folder, number: number) => `${jobFolder(job)}requests/${padded(number)}.json`,
  /** The account of the job's budget: a page for each change, with running totals. */
  jobBook: (job: Folder) => `${jobFolder(job)}budget/`,
  /**
   * Prefix of marks that exist while the job is being deleted: `{}` each. A deletion that has begun to remove
   * files has a second one, `removing`.
   */
  deletions: (job: Folder) => `${jobFolder(job)}deletions/`,
  deletion: (job: Folder, name: string, removing = false) =>
    `${jobFolder(job)}deletions/${name}${removing ? '.removing' : ''}.json`,
  /** A job with the same id that may have been started after this one ended: `{instance}`. */
  successor: (job: Folder) => `${jobFolder(job)}successor.json`,
  /** The jobs that retry this one: `{id, instance}`, each an exclusive claim. */
  retries: (job: Folder) => `${jobFolder(job)}retries/`,
  retry: (job: Folder, number: number) => `${jobFolder(job)}retries/${padded(number)}.json`,
  /** In a retry that had sent nothing: the one that replaced it, `{id, instance}`. */
  replaced: (job: Folder) => `${jobFolder(job)}replaced.json`,

  chunks: (job: Folder) => `${jobFolder(job)}chunks/`,
  /** The plan of the chunk, which names its three files: a `PlannedChunk`. */
  chunkPlan: (job: Folder, chunk: number) => `${chunkFolder(job, chunk)}plan.json`,
  /**
   * One line per document: `{"id", "line"}`, and `not_sent` if it cannot be sent. The line number is the
   * ordinal.
   */
  documents: (job: Folder, chunk: number, draft?: string) =>
    `${chunkFolder(job, chunk)}${drafted('documents', draft)}.jsonl`,
  /** One line per document, same ordinals: the params to send, or `null` if the document cannot be sent. */
  requests: (job: Folder, chunk: number, draft?: string) =>
    `${chunkFolder(job, chunk)}${drafted('requests', draft)}.jsonl`,
  /** One line per document, same ordinals: the SHA-256 of the params in hex, or `-` if it cannot be sent. */
  digests: (job: Folder, chunk: number, draft?: string) =>
    `${chunkFolder(job, chunk)}${drafted('digests', draft)}`,
  /**
   * Prefix of documents whose request equals an earlier one. Only the earlier one is sent. One line each: its
   * ordinal, and the chunk and ordinal of the earlier one, in a file for each pass that found some.
   */
  allEqual: (job: Folder, chunk: number) => `${chunkFolder(job, chunk)}equal/`,
  equal: (job: Folder, chunk: number, pass: number) => `${chunkFolder(job, chunk)}equal/${padded(pass, 3)}`,
  /**
   * Prefix of documents that an earlier job answered: `[ordinal, result]` per line, in a file for each pass.
   */
  allReused: (job: Folder, chunk: number) => `${chunkFolder(job, chunk)}reused/`,
  reused: (job: Folder, chunk: number, pass: number) =>
    `${chunkFolder(job, chunk)}reused/${padded(pass, 3)}.jsonl`,
  /** How many documents of which chunks are not sent because of these: an `EqualRequests`. */
  equalRequests: (job: Folder) => `${jobFolder(job)}equal.json`,
  /** The worst-case cost of the chunk's requests: a `ChunkQuote`. */
  chunkQuote: (job: Folder, chunk: number) => `${chunkFolder(job, chunk)}quote.json`,
  /** The books in which reservations for the chunk may stand: a `ChunkBook` each. */
  chunkBooks: (job: Folder, chunk: number) => `${chunkFolder(job, chunk)}books/`,
  chunkBook: (job: Folder, chunk: number, budget: string) =>
    `${chunkFolder(job, chunk)}books/${encodeSegment(budget)}.json`,
  /** A version of the chunk's summary, which names its results: a `StoredChunkSummary`. */
  chunkSummary: (job: Folder, chunk: number, version = 0) =>
    `${chunkFolder(job, chunk)}${versioned('summary', version)}`,

  /** The times before which the chunk is closed to sends, in milliseconds: `{}` each. */
  allClosed: (job: Folder, chunk: number) => `${chunkFolder(job, chunk)}closed/`,
  closed: (job: Folder, chunk: number, at: number) =>
    `${chunkFolder(job, chunk)}closed/${padded(at, 15)}.json`,

  rounds: (job: Folder, chunk: number) => `${chunkFolder(job, chunk)}rounds/`,
  /**
   * Ordinals that the round sends, one per line. Without one, round 0 sends all. That of round 0 does not lie
   * in the folder of rounds, because it does not begin a round.
   */
  selection: (job: Folder, chunk: number, round: number) =>
    `${round === 0 ? chunkFolder(job, chunk) : roundFolder(job, chunk, round)}selection`,
  /** Why the round's results are lost: `{batch, reason}`. Absent until they are written off. */
  lost: (job: Folder, chunk: number, round: number) => `${roundFolder(job, chunk, round)}lost.json`,
  /**
   * An exclusive decision on whether the round's results are lost, by number: `{there: true}`, or what
   * `lost.json` holds with `resend`.
   */
  writeOff: (job: Folder, chunk: number, round: number, number = 0) =>
    `${roundFolder(job, chunk, round)}${versioned('write-off', number)}`,
  /**
   * The decision on a request of a round that is sent live: `{decision, token}`. The first one stands: `sent`
   * is written before the call, `canceled` rules out a call. `answer` holds the outcome of the call, as the
   * `result` of a row.
   */
  call: (job: Folder, chunk: number, round: number, ordinal: number) =>
    `${roundFolder(job, chunk, round)}calls/${padded(ordinal)}.json`,
  answers: (job: Folder, chunk: number, round: number) => `${roundFolder(job, chunk, round)}answers/`,
  answer: (job: Folder, chunk: number, round: number, ordinal: number) =>
    `${roundFolder(job, chunk, round)}answers/${padded(ordinal)}.json`,
  /**
   * Prefix of complete downloads of a batch's results as received, by number; or of the answers of a live
   * round.
   */
  downloads: (of: Downloaded) => `${downloadedFolder(of)}downloads/`,
  download: (of: Downloaded, number: number) => `${downloadedFolder(of)}downloads/${padded(number, 3)}.jsonl`,
  /** When each download was made, and the digest of its lines: a `DownloadNote` each. */
  downloadNotes: (of: Downloaded) => `${downloadedFolder(of)}downloads.json`,
  /** A version of the combined results of the downloads, once judged: a `StoredResults`. */
  judged: (of: Downloaded, version = 0) => `${downloadedFolder(of)}${versioned('results', version)}`,
  /** The rows that cannot be used, one per line, with the reason. */
  unusable: (of: Downloaded) => `${downloadedFolder(of)}unusable.jsonl`,
  attempts: (job: Folder, chunk: number, round: number) => `${roundFolder(job, chunk, round)}attempts/`,
  attempt: (job: Folder, chunk: number, round: number, attempt: number, entry: string) =>
    `${roundFolder(job, chunk, round)}attempts/${padded(attempt, 3)}/${entry}.json`,
  /** Whose rows the results of a batch showed to a search for the attempt: `{nonce}`. */
  shown: (job: Folder, chunk: number, round: number, attempt: number, batchId: string) =>
    `${roundFolder(job, chunk, round)}attempts/${padded(attempt, 3)}/shown/${encodeSegment(batchId)}.json`,

  /** Prefix of the records of the job's orphans, of all chunks. */
  orphans: (job: Folder) => `${jobFolder(job)}orphans/`,
  orphan: (job: Folder, batchId: string) => `${jobFolder(job)}orphans/${encodeSegment(batchId)}.json`,

  /** A full message of the job or of one of its chunks, of which Temporal has only the public part. */
  problems: (job: Folder, chunk: number | undefined) =>
    `${chunk === undefined ? jobFolder(job) : chunkFolder(job, chunk)}problems/`,
  problem: (job: Folder, chunk: number | undefined, name: string) =>
    `${keys.problems(job, chunk)}${name}.json`,

  /** Prefix of the final results of all chunks. Their names sort in input order. */
  allResults: (job: Folder) => `${jobFolder(job)}results/`,
  /** The results of a chunk. Later ones have another name. The chunk's summary names those that count. */
  results: (job: Folder, chunk: number, draft?: string) =>
    `${jobFolder(job)}results/${drafted(padded(chunk), draft)}.jsonl`,

  /** The owner of a batch: an exclusive claim across all jobs of the store. */
  batch: (batchId: string) => `batches/${encodeSegment(batchId)}.json`,
  batches: 'batches/',

  /** The most that all jobs may cost in a period: a `StoreBudget`. */
  budget: 'budget.json',
  /** The account of that budget for one period. */
  periodBook: (period: string) => `budgets/${encodeSegment(period)}/`,
  page: (book: string, number: number) => `${book}${padded(number, 9)}.json`,

  /** The firing that took an input whose path holds a time: `{job, time}`, an exclusive claim. */
  scheduleInput: (scheduleId: string, path: string) =>
    `schedules/${encodeSegment(scheduleId)}/inputs/${encodeSegment(path)}.json`,
  /** A schedule's spec. Each update writes a new version, which the firings name. */
  schedule: (scheduleId: string, version: string) => `schedules/${encodeSegment(scheduleId)}/${version}.json`,
};

const ATTEMPT = /^jobs\/[^/]+\/[^/]+\/chunks\/(\d+)\/rounds\/\d+\/attempts\/(\d+)\//;
const INTENT = /\/rounds\/\d+\/attempts\/\d+\/intent\.json$/;
const REQUESTS = /^jobs\/[^/]+\/[^/]+\/chunks\/\d+\/requests(\.[^/]+)?\.jsonl$/;
const ROUND = /^jobs\/[^/]+\/[^/]+\/chunks\/(\d+)\/rounds\/(\d+)\/(.+)$/;
const HOME = /^(results(\.\d+)?|lost)\.json$/;
const END_OF_ROUND =
  /\/rounds\/\d+\/(lost\.json|(orphans\/[^/]+\/)?(results(\.\d+)?\.json|downloads\/\d+\.jsonl))$/;
const RESULTS = /\/results\/(\d+)(?:\.(\d+)\.[^/]+)?\.jsonl$/;
const CLOSED = /\/closed\/(\d+)\.json$/;
const DOWNLOAD = /\/downloads\/(\d+)\.jsonl$/;

/** Returns the chunk and attempt of a ledger entry's key; `undefined` for any other key. */
export function attemptOf(key: string): { chunk: number; attempt: number } | undefined {
  const [, chunk, attempt] = ATTEMPT.exec(key) ?? [];
  return chunk === undefined ? undefined : { chunk: Number(chunk), attempt: Number(attempt) };
}

/** Returns whether the key holds a chunk's requests. */
export function holdsRequests(key: string): boolean {
  return REQUESTS.test(key);
}

/** Returns the time in the key of a closed chunk. */
export function closedAt(key: string): number {
  return Number(CLOSED.exec(key)?.[1]);
}

/** Returns whether the key holds the intent of an attempt. */
export function holdsIntent(key: string): boolean {
  return INTENT.test(key);
}

/** Returns the number of a download; `undefined` for any other key. */
export function downloadNumber(key: string): number | undefined {
  const [, number] = DOWNLOAD.exec(key) ?? [];
  return number === undefined ? undefined : Number(number);
}

/** Returns whether the key holds results of a round or of an orphan, or says that the results are lost. */
export function endsRound(key: string): boolean {
  return END_OF_ROUND.test(key);
}

/**
 * Returns the round that a key lies in, and whether the key holds the round's own results or says that they
 * are lost. Returns `undefined` for any other key.
 */
export function roundOf(key: string): { chunk: number; round: number; home: boolean } | undefined {
  const [, chunk, round, name] = ROUND.exec(key) ?? [];
  return chunk === undefined
    ? undefined
    : { chunk: Number(chunk), round: Number(round), home: HOME.test(name!) };
}

/**
 * Returns the chunk whose results the key holds, and the version of the summary that they were written for;
 * `undefined` for any other key.
 */
export function resultsOf(key: string): { chunk: number; version: number } | undefined {
  const [, chunk, version = 0] = RESULTS.exec(key) ?? [];
  return chunk === undefined ? undefined : { chunk: Number(chunk), version: Number(version) };
}
