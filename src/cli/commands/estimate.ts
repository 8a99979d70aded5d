import { Command } from 'commander';
import { PRICES, PRICES_AS_OF, PRICES_SOURCE } from '../../cost/price-list';
import { UnknownModelError } from '../../cost/prices';
import { FEW_REQUESTS, type Quote, quote } from '../../cost/quote';
import { showUsd, usdString } from '../../cost/usd';
import { parsePrices } from '../../spec/price-file';
import { UsageError } from '../exit';
import { readJsonFile } from '../json-file';
import { numeric } from '../options';
import { print, printJson, say } from '../print';
import { table } from '../table';

interface EstimateFlags {
  requests: number | string;
  inputTokens: number | string;
  outputTokens: number | string;
  model: string;
  perDay?: number | string;
  prices?: string;
  json?: boolean;
}

export function estimate(): Command {
  return new Command('estimate')
    .description('say what a number of equal requests costs, alone and as a batch')
    .requiredOption('--requests <n>', 'how many requests', numeric)
    .requiredOption('--input-tokens <n>', 'tokens of each prompt', numeric)
    .requiredOption('--output-tokens <n>', 'tokens of each answer', numeric)
    .requiredOption('--model <model>', 'the model, by its whole name')
    .option('--per-day <n>', 'how many such sets a day; the saving is then told for a year', numeric)
    .option('--prices <file>', 'JSON file with prices of your own, in USD per million tokens')
    .option('--json', 'print one JSON object')
    .action(async (flags: EstimateFlags) => {
      const requests = whole('--requests', flags.requests, 1);
      const perDay = flags.perDay === undefined ? undefined : whole('--per-day', flags.perDay, 1);
      const found = await priced(flags, requests, perDay);
      if (flags.json) await printJson(asJson(flags.model, requests, found));
      else await print(asTable(found));
      if (flags.prices === undefined)
        say(`Prices of ${PRICES_AS_OF}, from ${PRICES_SOURCE}; --prices FILE takes yours.`);
      if (found.few) {
        say(
          `Fewer than ${FEW_REQUESTS} requests: messages.create answers each at once, for ${showUsd(found.standard)} USD in all; ` +
            'a batch may take up to 24 hours.',
        );
      }
    });
}

async function priced(flags: EstimateFlags, requests: number, perDay: number | undefined): Promise<Quote> {
  const inputTokens = whole('--input-tokens', flags.inputTokens, 0);
  const outputTokens = whole('--output-tokens', flags.outputTokens, 0);
  const prices = { ...PRICES, ...(flags.prices === undefined ? {} : await readPrices(flags.prices)) };
  try {
    return quote({
      model: flags.model,
      requests,
      inputTokens,
      outputTokens,
      perDay,
      prices,
      date: new Date(),
    });
  } catch (error) {
    if (error instanceof UnknownModelError) throw new UsageError(`${error.message} --prices FILE takes it.`);
    throw error;
  }
}

async function readPrices(file: string) {
  const value = await readJsonFile('price list', file);
  try {
    return parsePrices(value);
  } catch (error) {
    throw new UsageError(`The price list ${file} is not as it should be: ${(error as Error).message}`);
  }
}

function whole(flag: string, value: number | string, least: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
  throw new UsageError(`${flag} is ${value}; allowed is a whole number of at least ${least}.`);
}

function asJson(model: string, requests: number, { standard, batch, saved, savedPerYear }: Quote) {
  return {
    model,
    requests,
    standard: usdString(standard),
    batch: usdString(batch),
    saved: usdString(saved),
    savedPerYear: savedPerYear === undefined ? undefined : usdString(savedPerYear),
  };
}

function asTable({ standard, batch, saved, savedPerYear }: Quote): string {
  const rows = [
    ['standard', showUsd(standard)],
    ['batch', showUsd(batch)],
    ['saved', showUsd(saved)],
  ];
  if (savedPerYear !== undefined) rows.push(['saved a year', showUsd(savedPerYear)]);
  return table(['', 'USD'], rows);
}
