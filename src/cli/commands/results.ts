import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Command } from 'commander';
import type { JobHandle } from '../../client/handle';
import { withBatches } from '../connect';
import { UsageError } from '../exit';
import { type SharedOptions, shared } from '../options';
import { counted, endQuietlyOnClosedPipe, print, say } from '../print';

interface ResultsFlags extends SharedOptions {
  out?: string;
  failed?: boolean;
}

const NEWLINE = Buffer.from('\n');
const BLOCK = 1 << 16;

export function results(): Command {
  const command = new Command('results')
    .description("print a job's results, one JSON line a document, in input order")
    .argument('<job>', 'the job id')
    .option('--out <file>', 'write them to a file')
    .option('--failed', 'only documents without an answer');
  return shared(command).action(async (id: string, flags: ResultsFlags) => {
    endQuietlyOnClosedPipe();
    await withBatches(flags, async (batches) => {
      const job = await batches.get(id);
      const ended = await job.summary();
      if (flags.out === undefined) await copy(job, flags, print);
      else {
        const count = await toFile(job, flags, flags.out);
        say(`${counted(count, 'result')} in ${flags.out}.`);
      }
      if (!ended) say(`The job ${id} has not ended: these are the results of the chunks that have.`);
    });
  });
}

/** Copies the results in blocks and gives their number. */
async function copy(
  job: JobHandle,
  { failed }: ResultsFlags,
  write: (block: Uint8Array) => Promise<void>,
): Promise<number> {
  let block: Buffer[] = [];
  let size = 0;
  let count = 0;
  for await (const line of job.resultLines({ failed })) {
    // The line is only lent to us.
    block.push(Buffer.from(line), NEWLINE);
    size += line.length + 1;
    count++;
    if (size < BLOCK) continue;
    await write(Buffer.concat(block));
    block = [];
    size = 0;
  }
  if (size > 0) await write(Buffer.concat(block));
  return count;
}

/** The file appears whole or not at all. */
async function toFile(job: JobHandle, flags: ResultsFlags, file: string): Promise<number> {
  const partial = `${file}.partial`;
  const stream = createWriteStream(partial);
  try {
    await once(stream, 'open');
  } catch (error) {
    throw new UsageError(`The file ${file} cannot be written: ${(error as Error).message}.`);
  }
  try {
    const count = await copy(job, flags, async (block) => {
      if (!stream.write(block)) await once(stream, 'drain');
    });
    stream.end();
    await once(stream, 'close');
    await rename(partial, file);
    return count;
  } catch (error) {
    stream.destroy();
    await rm(partial, { force: true });
    throw error;
  }
}
