import { Command, Option } from 'commander';
import type { BudgetState } from '../../client/costs/budget';
import { PERIODS, type Period } from '../../cost/budget/period';
import { withBatches, withStoredBatches } from '../connect';
import { UsageError } from '../exit';
import { type SharedOptions, shared } from '../options';
import { counted, print, printJson, say } from '../output/print';
import { rows } from '../output/rows';

interface BudgetFlags extends SharedOptions {
  raiseTo?: string;
  per?: Period;
  maxUsd?: string;
  off?: boolean;
  json?: boolean;
}

export function budget(): Command {
  const command = new Command('budget')
    .description('show or raise the budget of a job, or show or set the budget of the store')
    .argument('[job]', 'the job id; without it the command applies to the store')
    .option('--raise-to <usd>', "raise the job's budget; chunks that wait for it continue")
    .addOption(
      new Option('--per <period>', "the period of the store's budget, in UTC; weeks start on Monday").choices(
        PERIODS,
      ),
    )
    .option('--max-usd <usd>', 'the most that all jobs of the store together may cost in a period')
    .option('--off', "remove the store's budget")
    .option('--json', 'print one JSON object');
  return shared(command).action(async (job: string | undefined, flags: BudgetFlags) => {
    if (job !== undefined) return ofJob(job, flags);
    return ofStore(flags);
  });
}

async function ofJob(id: string, flags: BudgetFlags): Promise<void> {
  const wrong = (['per', 'maxUsd', 'off'] as const).find((name) => flags[name] !== undefined);
  if (wrong)
    throw new UsageError(
      `\`${FLAGS[wrong]}\` applies to the store. Leave out the job, or use --raise-to for the job's budget.`,
    );
  if (flags.raiseTo !== undefined) {
    await withBatches(flags, async (batches) => (await batches.get(id)).raiseBudget(flags.raiseTo!));
  }
  await withStoredBatches(flags, async (batches) => {
    const state = await (await batches.get(id)).budget();
    await report(state, `The job ${id} has no budget of its own.`, flags);
  });
}

async function ofStore(flags: BudgetFlags): Promise<void> {
  const { per, maxUsd, off, raiseTo } = flags;
  if (raiseTo !== undefined) throw new UsageError('`--raise-to` applies to a job. Give the job id.');
  if ((per === undefined) !== (maxUsd === undefined) || (off && per !== undefined)) {
    throw new UsageError(
      'To set the budget of the store, give --per and --max-usd. To remove it, give --off.',
    );
  }
  await withStoredBatches(flags, async (batches) => {
    if (off) await batches.setBudget(null);
    else if (per !== undefined) await batches.setBudget({ per, maxUsd: maxUsd! });
    await report(await batches.budget(), 'The store has no budget.', flags);
  });
}

const FLAGS = { per: '--per', maxUsd: '--max-usd', off: '--off' };

async function report(state: BudgetState | undefined, none: string, { json }: BudgetFlags): Promise<void> {
  if (json) return printJson(state ?? null);
  if (!state) return say(none);
  const { maxUsd, spent, reserved, left, chunks, period } = state;
  await print(
    rows([
      ['budget', `${maxUsd} USD${period ? `, ${period}` : ''}`],
      ['spent', `${spent} USD`],
      ['reserved', `${reserved} USD for ${counted(chunks, 'chunk')} in flight`],
      ['left', `${left} USD`],
    ]),
  );
}
