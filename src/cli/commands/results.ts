import { Command } from 'commander';
import type { JobHandle } from '../../client/handle';
import type { JobSummary } from '../../job/job';
import { withStoredBatches } from '../connect';
import { type SharedOptions, shared } from '../options';
import { writeNewFile } from '../output/new-file';
import { counted, endQuietlyOnClosedPipe, grouped, print, say } from '../output/print';

interface ResultsFlags extends SharedOptions {
  out?: string;
  failed?: boolean;
  follow?: boolean;
  inOrder?: boolean;
}

const NEWLINE = Buffer.from('\n');
const BLOCK = 1 << 16;

export function results(): Command {
  const command = new Command('results')
    .description("print a job's results, one JSON line per document, in input order")
    .argument('<job>', 'the job id')
    .option('--out <file>', 'write them to a file')
    .option('--failed', 'only documents without an answer')
    .option('--follow', 'wait for further results until the job has ended')
    .option('--in-order', 'with --follow, print them in input order');
  return shared(command).action(async (id: string, flags: ResultsFlags) => {
    endQuietlyOnClosedPipe();
    await withStoredBatches(flags, async (batches) => {
      const job = await batches.get(id);
      const before = await job.summary();
      if (flags.out === undefined) {
        for await (const block of blocks(job, flags, () => {})) await print(block);
      } else {
        const count = await toFile(job, flags, flags.out);
        say(`${counted(count, 'result')} in ${flags.out}.`);
      }
      sayEnd(id, flags.follow ? await job.summary() : before);
    });
  });
}

function sayEnd(id: string, ended: JobSummary | undefined): void {
  if (ended?.failure) say(`The job ${id} failed: ${ended.failure}`);
  if (ended?.state === 'canceled') say(canceledText(ended));
  if (!ended) say(`The job ${id} has not ended. These are the results of the chunks that have ended.`);
}

const canceledText = ({ job, documents, succeeded }: JobSummary) =>
  `The job ${job.id} was canceled: ` +
  `${grouped(succeeded)} of ${counted(documents, 'document')} have an answer.`;

/** Yields the results in blocks, with newlines. Calls `onLine` for each result. */
async function* blocks(
  job: JobHandle,
  { failed, follow, inOrder }: ResultsFlags,
  onLine: () => void,
): AsyncGenerator<Buffer> {
  // Followed results are shown at once.
  const least = follow ? 0 : BLOCK;
  let block: Buffer[] = [];
  let size = 0;
  for await (const line of job.resultLines({ failed, follow, inOrder })) {
    // The line is valid only until the next iteration, so it is copied.
    block.push(Buffer.from(line), NEWLINE);
    size += line.length + 1;
    onLine();
    if (size < least) continue;
    yield Buffer.concat(block);
    block = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(block);
}

/** Writes the results to a file and returns their number. */
async function toFile(job: JobHandle, flags: ResultsFlags, file: string): Promise<number> {
  let count = 0;
  const source = blocks(job, flags, () => {
    count++;
  });
  await writeNewFile(file, source);
  return count;
}
