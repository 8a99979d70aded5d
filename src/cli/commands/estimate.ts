import { Command } from 'commander';
import { UsageError } from '../exit';
import { collected, DELIMITER, FILES, formatFlag, numeric, UNKNOWN_PARAM } from '../options';
import { type FormulaFlags, printFormulaEstimate } from './estimate-formula';
import { estimateSet, type SetFlags } from './estimate-set';

type EstimateFlags = FormulaFlags & SetFlags;

/** The flags that only the formula accepts. `SET` has those that need an input. */
const FORMULA = {
  requests: '--requests',
  inputTokens: '--input-tokens',
  model: '--model',
  perDay: '--per-day',
};
const SET = {
  template: '--template',
  builder: '--builder',
  builders: '--builders',
  format: '--format',
  delimiter: '--delimiter',
  files: '--files',
  idField: '--id-field',
  beta: '--beta',
  allowUnknownParam: '--allow-unknown-param',
  deduplicate: '--no-deduplicate',
  reuse: '--reuse',
  sample: '--sample',
  exact: '--exact',
};

export function estimate(): Command {
  return new Command('estimate')
    .description('estimate what an input, or a number of equal requests, costs: at full price and as a batch')
    .argument('[input...]', 'the documents that you would start, as for start; without, the formula is used')
    .option('--template <file>', 'JSON file with a template, as for start')
    .option('--builder <name>', 'a function of --builders, as for start')
    .option('--builders <module>', "the workers' module of builders")
    .addOption(formatFlag())
    .option(...DELIMITER)
    .option(...FILES)
    .option('--id-field <field>', "the field that holds a document's id (default: id)")
    .option('--beta <value>', 'an anthropic-beta value; may be given several times', collected)
    .option(...UNKNOWN_PARAM)
    .option('--no-deduplicate', 'send each of several equal requests, as for start')
    .option('--reuse [max-age]', 'as for start; the estimate does not include what it saves')
    .option('--sample <n>', 'number of documents whose tokens are counted (default: 100)', numeric)
    .option('--exact', 'count the tokens of all documents')
    .option('--requests <n>', 'formula: number of requests', numeric)
    .option('--input-tokens <n>', 'formula: tokens of each prompt', numeric)
    .option('--output-tokens <n>', 'expected tokens of each answer', numeric)
    .option('--model <model>', 'formula: the full name of the model')
    .option(
      '--per-day <n>',
      'formula: number of such sets per day; also prints the savings per year',
      numeric,
    )
    .option('--prices <file>', 'JSON file with your own prices, in USD per million tokens')
    .option('--json', 'print one JSON object')
    .action(async (names: string[], flags: EstimateFlags, command: Command) => {
      const isFormula = names.length === 0;
      const misplaced = named(command, isFormula ? SET : FORMULA);
      if (misplaced !== '') {
        throw new UsageError(
          isFormula
            ? `These flags need an INPUT, the documents that you would start: ${misplaced}.`
            : `These flags are for the formula, without an INPUT: ${misplaced}.`,
        );
      }
      await (isFormula ? printFormulaEstimate(flags) : estimateSet(names, flags));
    });
}

/** Returns the flags of a form that were given. */
function named(command: Command, form: Record<string, string>): string {
  return Object.entries(form)
    .filter(([name]) => command.getOptionValueSource(name) === 'cli')
    .map(([, flag]) => flag)
    .join(', ');
}
