import type { ZodError } from 'zod';
import type { PriceList } from '../cost/prices/prices';
import type { JobSettings, OnBudget } from '../job/job';
import type { OnComplete } from '../job/on-complete';
import { isWellFormedJson } from './json';
import { isTooDeep, TOO_DEEP } from './nesting';
import { OPTION_NAMES, OPTION_RULES } from './options';
import type { ParamsRules } from './params/check';
import { show } from './show';
import type { JobOptions, NormalizedSpec, PlanSource } from './spec';
import { suggest } from './suggest';
import { compileTemplate, TemplateError } from './template';
import { SpecError, type SpecProblem } from './validation-errors';

/** The context of a job spec. */
export interface SpecContext {
  /** The job id. */
  id: string;
  source: PlanSource;
  /** The model of the stored requests, for a retry (`source.kind` is `retry`). */
  model?: string;
}

/** Option values with every default filled in, durations in milliseconds. */
type Values = { [Name in keyof Required<JobOptions>]: unknown };

/**
 * Validates a job spec and fills in its defaults. This is the only place where options are checked.
 *
 * @param spec a `JobSpec`. For a retry or an adopted batch, without `template` and `builder`: the requests
 *   exist already
 * @throws {SpecError} with all problems at once. Each names the option, the received value and what is
 *   allowed.
 */
export function normalizeSpec(spec: unknown, { id, source, model }: SpecContext): NormalizedSpec {
  if (typeof spec !== 'object' || spec === null || Array.isArray(spec)) {
    throw new SpecError([{ option: 'spec', message: `\`spec\` must be an object (got ${show(spec)}).` }]);
  }
  const received = spec as Record<string, unknown>;
  const problems: SpecProblem[] = [...idProblems(id), ...unknownOptions(received)];
  const values = optionValues(received, problems);
  const rules = {
    betas: [...new Set((values.betas as string[] | undefined) ?? [])],
    allowUnknownParams: (values.allowUnknownParams as string[] | undefined) ?? [],
  };
  const request = requestOf(received, source, rules, problems);
  if (problems.length > 0) throw new SpecError(problems);

  const templateModel = 'template' in request ? modelOf(request.template) : model;
  return {
    version: 1,
    id,
    source,
    request,
    ...(templateModel === undefined ? {} : { model: templateModel }),
    idField: values.idField as string,
    chunkSize: values.chunkSize as number,
    chunkBytes: values.chunkBytes as number,
    waitForWorker: values.waitForWorker as number,
    ...rules,
    ...filled('prices', values.prices as PriceList),
    ...filled('tags', values.tags as Record<string, string>),
    ...filled('onComplete', (values.onComplete ?? {}) as OnComplete),
    settings: {
      maxBatchesInFlight: values.maxBatchesInFlight as number,
      maxRequestsInFlight: values.maxRequestsInFlight as number,
      pollFloor: values.pollFloor as number,
      pollCeiling: values.pollCeiling as number,
      maxRounds: values.maxRounds as number,
      resendLostResults: values.resendLostResults as boolean,
      // An adopted batch was sent already.
      reuse: source.kind !== 'adopt' && (values.reuse as boolean | number),
      deduplicate: source.kind !== 'adopt' && (values.deduplicate as boolean),
      ...budgetOf(values),
      liveBelow: values.liveBelow as number,
    },
  };
}

function budgetOf({
  maxUsd,
  maxUsdPerRequest,
  onBudget,
}: Values): Pick<JobSettings, 'maxUsd' | 'maxUsdPerRequest' | 'onBudget'> {
  const given = Object.entries({ maxUsd, maxUsdPerRequest }).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(given), onBudget: onBudget as OnBudget };
}

/** Returns an option that holds entries, or nothing if it has none. */
function filled<Name extends string, T extends object>(name: Name, value: T): { [_ in Name]?: T } {
  return Object.keys(value).length === 0 ? {} : ({ [name]: value } as { [_ in Name]: T });
}

/** Returns the options of a normalized spec, for a job with the same options. */
export function jobOptions(spec: NormalizedSpec): JobOptions {
  const { chunkSize, chunkBytes, waitForWorker, betas, allowUnknownParams, idField, settings } = spec;
  const { prices = {}, tags = {}, onComplete } = spec;
  return {
    chunkSize,
    chunkBytes,
    waitForWorker,
    betas,
    allowUnknownParams,
    idField,
    prices,
    tags,
    onComplete,
    ...settings,
  };
}

/**
 * Temporal accepts ids of up to 1,000 bytes, and the ids of a job's chunks and of its reconciliation extend
 * the job id.
 */
const LONGEST_ID = 900;

/**
 * The id suffix of a job's own workflows. Another job could terminate a job with such an id as if it were its
 * chunk.
 */
const OF_A_PART = /\/(chunk|segment)-\d+(-salvage)?$/;

function idProblems(id: unknown): SpecProblem[] {
  const good =
    typeof id === 'string' &&
    id !== '' &&
    id.isWellFormed() &&
    Buffer.byteLength(id) <= LONGEST_ID &&
    !OF_A_PART.test(id);
  if (good) return [];
  const allowed = 'a string of 1 to 900 bytes that does not end like a chunk id, such as "/chunk-0"';
  return [{ option: 'id', message: `\`id\` (the job id) must be ${allowed} (got ${show(id)}).` }];
}

function unknownOptions(received: Record<string, unknown>): SpecProblem[] {
  return Object.keys(received)
    .filter((name) => !OPTION_NAMES.includes(name))
    .map((name) => {
      const meant = suggest(name, OPTION_NAMES);
      const hint = meant ? `Did you mean ${meant}?` : `The options are ${OPTION_NAMES.join(', ')}.`;
      return {
        option: name,
        message: `There is no option ${show(name)} (got ${show(received[name])}). ${hint}`,
      };
    });
}

function optionValues(received: Record<string, unknown>, problems: SpecProblem[]): Values {
  const values = {} as Values;
  for (const [name, { schema, allowed }] of Object.entries(OPTION_RULES)) {
    const parsed = schema.safeParse(received[name]);
    if (parsed.success) values[name as keyof Values] = parsed.data;
    else {
      const value = show(received[name]) + placeOf(parsed.error);
      problems.push({ option: name, message: `\`${name}\` must be ${allowed} (got ${value}).` });
    }
  }
  const floor = values.pollFloor as number;
  const ceiling = values.pollCeiling as number;
  if (ceiling < floor) {
    // A floor above the default ceiling raises the ceiling, if only the floor is given.
    if (received.pollCeiling === undefined) values.pollCeiling = floor;
    else
      problems.push({
        option: 'pollCeiling',
        message:
          `\`pollCeiling\` must be at least pollFloor, which is ${floor} ms (got ` +
          `${show(received.pollCeiling)}).`,
      });
  }
  return values;
}

/** Returns the position of the first problem in an option that holds entries. */
function placeOf({ issues: [issue] }: ZodError): string {
  return typeof issue?.path[0] === 'string' ? `; the problem is at ${issue.path.join('.')}` : '';
}

function requestOf(
  received: Record<string, unknown>,
  source: PlanSource,
  rules: ParamsRules,
  problems: SpecProblem[],
): NormalizedSpec['request'] {
  if (source.kind === 'retry') {
    refuseRequest(received, 'when retrying: stored requests are reused', problems);
    return { stored: true };
  }
  if (source.kind !== 'input') {
    refuseRequest(received, 'when adopting a batch: its requests were sent already', problems);
    return { adopted: true };
  }
  const { template, builder } = received;
  if (template !== undefined && builder !== undefined) {
    problems.push({
      option: 'template',
      message: '`template` and `builder` cannot be combined: give one of them.',
    });
  } else if (template !== undefined) {
    problems.push(...templateProblems(template, rules));
  } else if (builder === undefined) {
    problems.push({
      option: 'template',
      message:
        '`template` or `builder` is required: give one of them. If documents are {custom_id, params}, give ' +
        'the template "{{params}}" and the idField "custom_id".',
    });
  } else if (typeof builder !== 'string' || builder === '') {
    problems.push({
      option: 'builder',
      message: `\`builder\` must name a function in the plugin's \`builders\` (got ${show(builder)}).`,
    });
  }
  return template === undefined ? { builder: builder as string } : { template };
}

function refuseRequest(received: Record<string, unknown>, why: string, problems: SpecProblem[]): void {
  for (const option of ['template', 'builder']) {
    if (received[option] !== undefined)
      problems.push({ option, message: `\`${option}\` is not allowed ${why}.` });
  }
}

function templateProblems(template: unknown, rules: ParamsRules): SpecProblem[] {
  try {
    const json = JSON.stringify(template) ?? 'null';
    if (!isWellFormedJson(json)) {
      return [
        {
          option: 'template',
          message: '`template` contains a lone surrogate, which is not a valid character. Fix the text.',
        },
      ];
    }
    if (isTooDeep(Buffer.from(json))) return [{ option: 'template', message: `\`template\` ${TOO_DEEP}.` }];
    compileTemplate(JSON.parse(json), rules);
    return [];
  } catch (error) {
    if (error instanceof TemplateError) return error.problems;
    return [
      {
        option: 'template',
        message: `\`template\` cannot be serialized as JSON: ${(error as Error).message}.`,
      },
    ];
  }
}

/** Returns the model if all requests have the same one. */
function modelOf(template: unknown): string | undefined {
  const model = (template as { model?: unknown } | null)?.model;
  return typeof model === 'string' && !model.includes('{{') ? model : undefined;
}
