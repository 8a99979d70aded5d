// life/: batches from their creation to their results. Start here.

import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type Anthropic from '@anthropic-ai/sdk';
import { readJsonFile, replaceFile } from '../files';
import { idOf } from '../hash';
import { type Intake, PLAN_FILE, REQUESTS_FILE } from './intake';
import { type BatchRecord, fates } from './life';
import { isError, isSuccess } from './outcomes';
import { Plan } from './plan';
import { noTokens, type Tokens } from './usage';

/** The totals of an ended batch. */
interface Tally {
  counts: Anthropic.Messages.MessageBatchRequestCounts;
  /** Usage of the successful requests. */
  usage: Tokens;
}

const RECORD_FILE = 'batch.json';

/**
 * The existing batches, in a folder each. A folder is created complete, by a rename, and its record is always
 * replaced as a whole. After a kill at any moment, the disk is consistent.
 */
export class Batches {
  readonly #folder: string;
  readonly #incoming: string;
  readonly #records = new Map<string, BatchRecord>();
  readonly #tallies = new Map<string, Tally>();
  /** How often params were sent whose outcome depends on that, by digest. */
  readonly #sent = new Map<string, number>();

  constructor(dir: string) {
    this.#folder = join(dir, 'batches');
    this.#incoming = join(dir, 'incoming');
    rmSync(this.#incoming, { recursive: true, force: true });
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const records = readdirSync(this.#folder)
      .map((id) => readJsonFile<BatchRecord>(join(this.#folder, id, RECORD_FILE))!)
      .sort((a, b) => a.number - b.number);
    for (const record of records) this.#keep(record);
  }

  /** Returns a folder for a body that is arriving. */
  newFolder(): string {
    return join(this.#incoming, randomBytes(8).toString('hex'));
  }

  /** Creates a batch from a complete body. */
  create(
    intake: Intake,
    settings: Omit<BatchRecord, 'id' | 'number' | 'size' | 'bytes' | 'counted'>,
  ): BatchRecord {
    const { size, bytes, hasCounted: counted } = intake;
    const id = idOf('msgbatch_', randomBytes(18));
    const record: BatchRecord = { id, number: this.nextNumber, ...settings, size, bytes, counted };
    replaceFile(join(intake.folder, RECORD_FILE), JSON.stringify(record));
    renameSync(intake.folder, join(this.#folder, id));
    this.#keep(record);
    return record;
  }

  get nextNumber(): number {
    return (this.all().at(-1)?.number ?? -1) + 1;
  }

  /** Oldest first, including deleted ones. */
  all(): BatchRecord[] {
    return [...this.#records.values()];
  }

  get(id: string): BatchRecord | undefined {
    return this.#records.get(id);
  }

  update(record: BatchRecord, change: Partial<BatchRecord>): BatchRecord {
    const changed = { ...record, ...change };
    replaceFile(join(this.#folder, record.id, RECORD_FILE), JSON.stringify(changed));
    this.#records.set(record.id, changed);
    this.#tallies.delete(record.id);
    return changed;
  }

  /** Deletes a batch and its requests. What it billed stays in the books. */
  delete(record: BatchRecord, deletedAt: number): void {
    this.update(record, { deletedAt });
    rmSync(this.requestsFile(record), { force: true });
  }

  requestsFile(record: BatchRecord): string {
    return join(this.#folder, record.id, REQUESTS_FILE);
  }

  plan(record: BatchRecord): Plan {
    return new Plan(readFileSync(join(this.#folder, record.id, PLAN_FILE)));
  }

  seen(digest: string): number {
    return this.#sent.get(digest) ?? 0;
  }

  /** Returns the counts and usage at the end of a batch. */
  tally(record: BatchRecord): Tally {
    const known = this.#tallies.get(record.id);
    if (known) return known;
    const plan = this.plan(record);
    const fate = fates(record);
    const tally: Tally = {
      counts: { processing: 0, succeeded: 0, errored: 0, canceled: 0, expired: 0 },
      usage: noTokens(),
    };
    for (let index = 0; index < plan.size; index++) {
      const outcome = fate(index, plan.outcome(index));
      if (isSuccess(outcome)) {
        tally.counts.succeeded++;
        plan.addTokens(index, tally.usage);
      } else if (isError(outcome)) tally.counts.errored++;
      else tally.counts[outcome as 'expired' | 'canceled']++;
    }
    this.#tallies.set(record.id, tally);
    return tally;
  }

  #keep(record: BatchRecord): void {
    this.#records.set(record.id, record);
    if (!record.counted) return;
    const plan = this.plan(record);
    for (let index = 0; index < plan.size; index++) {
      if (!plan.counted(index)) continue;
      const digest = plan.digest(index).toString('hex');
      this.#sent.set(digest, this.seen(digest) + 1);
    }
  }
}
