import { Command } from 'commander';
import type { CostGroup, Costs, CostsBy, JobsCost } from '../../client/costs/costs';
import { TOKEN_KINDS } from '../../cost/prices/prices';
import { parseUsd, showUsd } from '../../cost/prices/usd';
import { costGap } from '../../cost/text';
import { withStoredBatches } from '../connect';
import { UsageError } from '../exit';
import { type SharedOptions, shared } from '../options';
import { csvLine } from '../output/csv';
import { counted, grouped, print, printJson, say } from '../output/print';
import { table } from '../output/table';

interface CostsFlags extends SharedOptions {
  since?: string;
  until?: string;
  by?: CostsBy;
  json?: boolean;
  csv?: boolean;
}

export function costs(): Command {
  const command = new Command('costs')
    .description('show what the jobs of the store cost that ended in a period')
    .option(
      '--since <when>',
      'only jobs that ended then or later: a date such as 2026-11-01 (UTC), or an age such as 7d',
    )
    .option('--until <when>', 'only jobs that ended earlier, in the same form')
    .option('--by <what>', 'group by job, model, schedule, or tag:NAME (default: job)')
    .option('--json', 'print one JSON object')
    .option('--csv', 'print CSV with a header');
  return shared(command).action(async ({ since, until, by, ...flags }: CostsFlags) => {
    if (flags.json && flags.csv) throw new UsageError('Give --json or --csv, not both.');
    await withStoredBatches(flags, async (batches) => {
      const found = await batches.costs({ since, until, by });
      if (flags.json) return printJson(found);
      await (flags.csv ? printCsv(found) : print(tableOf(found)));
      for (const note of notes(found)) say(note);
    });
  });
}

const AMOUNTS = ['standard', 'paid', 'saved', 'wasted'] as const;

function tableOf({ by, groups, total }: Costs): string {
  const row = (name: string, { jobs, cost }: JobsCost) => {
    const { output, ...prompt } = cost.tokens;
    const input = Object.values(prompt).reduce((sum, tokens) => sum + tokens, 0);
    const { unpriced = 0, unknown = 0 } = cost;
    return [
      name,
      ...[jobs, cost.requests, input, output].map(grouped),
      ...AMOUNTS.map((amount) => showUsd(parseUsd(cost[amount])!)),
      ...[unpriced, unknown].map((count) => (count > 0 ? grouped(count) : '')),
    ];
  };
  const counts = ['jobs', 'requests', 'input tokens', 'output tokens'];
  return table(
    [by, ...counts, ...AMOUNTS.map((amount) => `${amount} USD`), 'unpriced', 'unknown'],
    [...groups.map((group) => row(group.name ?? '–', group)), row('total', total)],
  );
}

/** Prints CSV without the total, which would distort the sum of a column. */
async function printCsv({ by, groups }: Costs): Promise<void> {
  const head = [by, 'jobs', 'requests', ...TOKEN_KINDS, 'webSearches', ...AMOUNTS, 'unpriced', 'unknown'];
  await print(csvLine(head));
  for (const group of groups) await print(csvLine(csvCells(group)));
}

function csvCells({ name, jobs, cost }: CostGroup): (string | number)[] {
  const { requests, tokens, webSearches = 0, unpriced = 0, unknown = 0 } = cost;
  const amounts = AMOUNTS.map((amount) => cost[amount]);
  const counts = TOKEN_KINDS.map((kind) => tokens[kind]);
  return [name ?? '', jobs, requests, ...counts, webSearches, ...amounts, unpriced, unknown];
}

/** Yields notes about what the amounts do not include. */
function* notes({ total, unended, damaged }: Costs): Generator<string> {
  const gap = costGap(total.cost);
  if (gap) yield `These costs are ${gap}.`;
  for (const key of damaged) {
    yield `Warning: ${key} is damaged, so its job is not counted. Restore the file from a backup.`;
  }
  if (unended > 0) {
    yield `${counted(unended, 'job')} of the store not counted: without a summary. ` +
      'Such a job is running, or was terminated. Reconcile terminated jobs.';
  }
}
