import { Figures } from './figures';
import { Fire } from './fire';
import { Random } from './random';
import { Run } from './run';
import { RunRecord } from './run-record';
import { schedule } from './schedule';
import { openWorld, type World } from './world';

/** Concurrent jobs. */
const LANES = 4;

export interface ChaosOptions {
  seed: string;
  /** How long faults occur. Jobs that run at the end are awaited. */
  minutes: number;
  /** Path of the Temporal CLI. */
  executable: string;
  /** A small disk of this run's own, which is filled. Without one, the workers simulate it. */
  mount?: string;
  /** The store is a bucket of an S3 server instead of a folder. */
  s3?: boolean;
}

export interface ChaosReport {
  figures: Figures;
  /** Violations, each as a sentence. */
  violations: string[];
  /** How each double payment inside the named window happened. */
  proofs: string[];
  /** The kind of store. */
  store: string;
  /** The record's folder. Unset if there are no violations. */
  record?: string;
}

/** Runs jobs while everything around them fails, and compares their results with the books. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { seed, minutes, executable, mount, s3 = false } = options;
  const random = new Random(seed);
  const record = new RunRecord(seed);
  let isKept = true;
  const figures = new Figures();
  const happenings = schedule(random.of('schedule'), minutes * 60_000);
  record.json('schedule.json', happenings);
  const world = await openWorld({ random, record, figures, executable, mount, s3 });
  try {
    const run = new Run(world, random.of('jobs'), figures, record);
    const lanes = Array.from({ length: LANES }, () => run.lane());
    const fire = new Fire(world, figures, record, run.live);
    await fire.burn(happenings);
    await fire.quench();
    run.calm();
    await Promise.all(lanes);
    const violations = await run.conclude();
    isKept = violations.length > 0;
    return await report(world, run, record, violations);
  } finally {
    await world.close();
    // Only now: the processes of the run write into its folder until they end.
    if (!isKept) record.remove();
  }
}

async function report(world: World, run: Run, record: RunRecord, violations: string[]): Promise<ChaosReport> {
  const { figures, proofs } = run;
  const told = { figures, violations, proofs, store: world.store.kind };
  if (violations.length === 0) return told;
  record.json('report.json', told);
  record.json('books.json', await world.api.books());
  record.keepFolder('store', world.store.folder);
  return { ...told, record: record.folder };
}
