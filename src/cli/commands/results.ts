import { Command, Option } from 'commander';
import type { JobHandle } from '../../client/handle';
import type { FlatColumns } from '../../client/read/flat-result';
import type { JobSummary } from '../../job/job';
import { withStoredBatches } from '../connect';
import { type FlatFlags, flatColumnsOf } from '../flat-flags';
import { collected, numeric, type SharedOptions, shared, whole } from '../options';
import { encodeFlat, FLAT_FORMATS } from '../output/flat';
import { writeNewFile } from '../output/new-file';
import { counted, grouped, print, say } from '../output/print';

interface ResultsFlags extends SharedOptions, FlatFlags {
  out?: string;
  limit?: number | string;
  failed?: boolean;
  inOrder?: boolean;
}

const NEWLINE = Buffer.from('\n');
const BLOCK = 1 << 16;

export function results(): Command {
  const command = new Command('results')
    .description("print a job's results, one JSON line per document, in input order")
    .argument('<job>', 'the job id')
    .option('--out <file>', 'write them to a file')
    .addOption(
      new Option('--format <format>', 'csv and parquet imply --flat').choices(FLAT_FORMATS).default('jsonl'),
    )
    .option('--flat', 'one row of columns per document: status, text, answer, model, tokens, cost')
    .option(
      '--select <column=path>',
      "a column with a value of the answer's JSON, such as label=$.label; may be given several times; " +
        'implies --flat',
      collected,
    )
    .option(
      '--include <fields>',
      'columns with fields of the input: a comma-separated list of FIELD or COLUMN=FIELD; implies --flat',
      collected,
    )
    .option('--limit <n>', 'at most this many results', numeric)
    .option('--failed', 'only documents without an answer')
    .option('--follow', 'wait for further results until the job has ended')
    .option('--in-order', 'with --follow, print them in input order');
  return shared(command).action(async (id: string, flags: ResultsFlags) => {
    const columns = flatColumnsOf(flags);
    const limit = flags.limit === undefined ? undefined : whole('--limit', flags.limit, 1);
    await withStoredBatches(flags, async (batches) => {
      const job = await batches.get(id);
      const before = await job.summary();
      const counter = { count: 0, limit };
      const encoded = columns ? flatBlocks(job, flags, columns, counter) : lineBlocks(job, flags, counter);
      if (flags.out === undefined) {
        for await (const block of encoded) await print(block);
      } else {
        await writeNewFile(flags.out, encoded);
        say(`${counted(counter.count, 'result')} in ${flags.out}.`);
      }
      sayEnd(id, flags.follow ? await job.summary() : before);
    });
  });
}

interface Counter {
  count: number;
  limit: number | undefined;
}

function flatBlocks(
  job: JobHandle,
  { failed, format }: ResultsFlags,
  columns: FlatColumns,
  counter: Counter,
) {
  return encodeFlat(format, columns, first(job.flatResults({ ...columns, failed }), counter));
}

function lineBlocks(job: JobHandle, { failed, follow, inOrder }: ResultsFlags, counter: Counter) {
  // Followed results are shown at once.
  return blocks(first(job.resultLines({ failed, follow, inOrder }), counter), follow ? 0 : BLOCK);
}

function sayEnd(id: string, ended: JobSummary | undefined): void {
  if (ended?.failure) say(`The job ${id} failed: ${ended.failure}`);
  if (ended?.state === 'canceled') say(canceledText(ended));
  if (!ended) say(`The job ${id} has not ended. These are the results of the chunks that have ended.`);
}

const canceledText = ({ job, documents, succeeded }: JobSummary) =>
  `The job ${job.id} was canceled: ` +
  `${grouped(succeeded)} of ${counted(documents, 'document')} have an answer.`;

/** Yields and counts items, as many as the limit allows. */
async function* first<T>(items: AsyncIterable<T>, counter: Counter): AsyncGenerator<T> {
  for await (const item of items) {
    counter.count += 1;
    yield item;
    if (counter.count === counter.limit) return;
  }
}

/** Yields lines in blocks of at least `least` bytes, with newlines. */
async function* blocks(lines: AsyncIterable<Buffer>, least: number): AsyncGenerator<Buffer> {
  let block: Buffer[] = [];
  let size = 0;
  for await (const line of lines) {
    // The line is valid only until the next iteration, so it is copied.
    block.push(Buffer.from(line), NEWLINE);
    size += line.length + 1;
    if (size < least) continue;
    yield Buffer.concat(block);
    block = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(block);
}
