import { Command } from 'commander';
import { newJobId } from '../../client/instance';
import { type CheckedStart, checkStart } from '../../client/start/check';
import type { StartOptions } from '../../client/types';
import type { InputFormat } from '../../job-spec/spec';
import { withBatches } from '../connect';
import { reportStarted, waitAndReport } from '../finish';
import { inputName, inputOf } from '../input';
import {
  DELIMITER,
  FILES,
  formatFlag,
  type JobFlags,
  jobFlags,
  jobOptionsOf,
  numeric,
  type SharedOptions,
  shared,
} from '../options';
import { say } from '../output/print';
import { requestOf } from '../request';
import { countFewDocuments, fewText, liveText } from '../small-job-advice';
import { dryRun } from './dry-run';

interface StartFlags extends SharedOptions, JobFlags {
  template?: string;
  builder?: string;
  id?: string;
  idField?: string;
  format?: InputFormat;
  delimiter?: string;
  files?: boolean;
  again?: boolean;
  limit?: number;
  sample?: number;
  dryRun?: boolean;
  wait?: boolean;
  json?: boolean;
}

const PILOT =
  'This is a pilot with some of the documents. Start the whole input with --reuse later: it pays only for the rest.';

export function start(): Command {
  const command = new Command('start')
    .description('start a job from documents: JSONL, a JSON array, CSV, TSV or Parquet')
    .argument('<input...>', 'files, folders or patterns of documents, also in S3; - is stdin')
    .option(
      '--template <file>',
      'JSON file with the params of a Messages API call, with {{field}} placeholders',
    )
    .option('--builder <name>', "a function of the worker's --builders that makes the params")
    .option('--id <job>', 'the job id (default: a new one)')
    .option('--again', 'pay for the documents again although an earlier job left them in flight')
    .option('--limit <n>', 'take only the first documents, for a pilot', numeric)
    .option('--sample <n>', 'take documents at random instead, for a pilot', numeric)
    .option('--dry-run', 'check all documents, print the first requests, and start nothing')
    .option('--wait', 'wait until the job has ended')
    .option('--json', 'print one JSON object')
    .addOption(formatFlag())
    .option(...DELIMITER)
    .option(...FILES)
    .option('--id-field <field>', "the field that holds a document's id (default: id)");
  return shared(jobFlags(command)).action(async (names: string[], flags: StartFlags) => {
    const options: StartOptions & { id: string } = {
      id: flags.id ?? newJobId(),
      again: flags.again,
      input: { ...inputOf(names, flags), limit: flags.limit, sample: flags.sample },
      ...(await requestOf(flags)),
      ...(await jobOptionsOf(flags)),
    };
    // Checked before the connection to the server, which may not answer.
    const checked = await checkStart(options);
    if (flags.dryRun) return dryRun(checked, flags);
    const notes = flags.json ? [] : await notesOn(checked, names, flags);
    await withBatches(flags, async (batches) => {
      const job = await batches.start(options);
      for (const note of notes) say(note);
      await (flags.wait ? waitAndReport(job, flags) : reportStarted(job, flags));
    });
  });
}

/** Returns what a user should know about the job, once it is started. */
async function notesOn(
  { spec, input }: CheckedStart,
  names: string[],
  { limit, sample }: StartFlags,
): Promise<string[]> {
  const { liveBelow } = spec.settings;
  const isPilot = limit !== undefined || sample !== undefined;
  const few = await countFewDocuments(input, spec.idField);
  const notes: string[] = [];
  if (few === 0) notes.push(`The input ${inputName(names)} has no documents: nothing will be sent.`);
  else if (few !== undefined && !liveBelow && !isPilot) notes.push(fewText('document'));
  if (isPilot) notes.push(PILOT);
  if (liveBelow) notes.push(liveText(liveBelow));
  return notes;
}
