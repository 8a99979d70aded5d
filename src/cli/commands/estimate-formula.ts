import { estimateByFormula, type FormulaEstimate } from '../../cost/estimate/formula-estimate';
import { showUsd, usdString } from '../../cost/prices/usd';
import { UsageError } from '../exit';
import { whole } from '../options';
import { print, printJson, say } from '../output/print';
import { table } from '../output/table';
import { pricesText, pricesWith, withPriceHint } from '../price-list';
import { fewText } from '../small-job-advice';

export interface FormulaFlags {
  requests?: number | string;
  inputTokens?: number | string;
  outputTokens?: number | string;
  model?: string;
  perDay?: number | string;
  prices?: string;
  json?: boolean;
}

const NEEDED = {
  requests: '--requests',
  inputTokens: '--input-tokens',
  outputTokens: '--output-tokens',
  model: '--model',
} as const;

/** Prints what a number of equal requests costs, by the formula. */
export async function printFormulaEstimate(flags: FormulaFlags): Promise<void> {
  const missing = Object.entries(NEEDED).filter(([name]) => flags[name as keyof typeof NEEDED] === undefined);
  if (missing.length > 0) {
    throw new UsageError(
      `Without an INPUT, the formula needs ${Object.values(NEEDED).join(', ')} (missing: ` +
        `${missing.map(([, flag]) => flag).join(', ')}).`,
    );
  }
  const requests = whole('--requests', flags.requests!, 1);
  const model = flags.model!;
  const found = await quoted(flags, model, requests);
  if (flags.json) return printJson(asJson(model, requests, found));
  await print(asTable(found));
  if (flags.prices === undefined) say(pricesText);
  if (found.few) say(fewText('request', showUsd(found.standard)));
}

async function quoted(flags: FormulaFlags, model: string, requests: number): Promise<FormulaEstimate> {
  const perDay = flags.perDay === undefined ? undefined : whole('--per-day', flags.perDay, 1);
  const inputTokens = whole('--input-tokens', flags.inputTokens!, 0);
  const outputTokens = whole('--output-tokens', flags.outputTokens!, 0);
  const prices = await pricesWith(flags.prices);
  try {
    return estimateByFormula({
      model,
      requests,
      inputTokens,
      outputTokens,
      perDay,
      prices,
      date: new Date(),
    });
  } catch (error) {
    throw withPriceHint(error);
  }
}

function asJson(model: string, requests: number, { standard, batch, saved, savedPerYear }: FormulaEstimate) {
  return {
    model,
    requests,
    standard: usdString(standard),
    batch: usdString(batch),
    saved: usdString(saved),
    savedPerYear: savedPerYear === undefined ? undefined : usdString(savedPerYear),
  };
}

function asTable({ standard, batch, saved, savedPerYear }: FormulaEstimate): string {
  const rows = [
    ['standard', showUsd(standard)],
    ['batch', showUsd(batch)],
    ['saved', showUsd(saved)],
  ];
  if (savedPerYear !== undefined) rows.push(['saved a year', showUsd(savedPerYear)]);
  return table(['', 'USD'], rows);
}
