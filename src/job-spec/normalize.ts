import type { ZodError } from 'zod';
import type { PriceList } from '../cost/prices/prices';
import type { JobSettings, OnBudget } from '../job/job';
import { SpecError, type SpecProblem } from './errors';
import { isWellFormedJson } from './json';
import { isTooDeep, TOO_DEEP } from './nesting';
import { OPTION_NAMES, OPTION_RULES } from './options';
import { checkParams } from './params';
import { show } from './show';
import type { JobOptions, NormalizedSpec, PlanSource } from './spec';
import { suggest } from './suggest';
import { compileTemplate, TemplateError } from './template';

export interface SpecContext {
  /** The job id. */
  id: string;
  source: PlanSource;
  /** The model of the requests, where they are stored ones (`source.kind` is `retry`). */
  model?: string;
}

/** Option values with every default filled in, durations in milliseconds. */
type Values = { [Name in keyof Required<JobOptions>]: unknown };

/**
 * Validates a job spec and fills in its defaults. The one place where options are checked.
 *
 * @param spec a `JobSpec`; for a retry and an adopted batch neither `template` nor `builder`, because the requests are made
 * @throws {SpecError} with all problems at once; each names the option, the value received and what is allowed.
 */
export function normalizeSpec(spec: unknown, { id, source, model }: SpecContext): NormalizedSpec {
  if (typeof spec !== 'object' || spec === null || Array.isArray(spec)) {
    throw new SpecError([{ option: 'spec', message: `A job's spec is an object, not ${show(spec)}.` }]);
  }
  const received = spec as Record<string, unknown>;
  const problems: SpecProblem[] = [...idProblems(id), ...unknownOptions(received)];
  const values = optionValues(received, problems);
  const request = requestOf(received, source, problems);
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
    betas: [...new Set(values.betas as string[])],
    ...filled('prices', values.prices as PriceList),
    ...filled('tags', values.tags as Record<string, string>),
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

/** An option that holds entries, where it has any. */
function filled<Name extends string, T extends object>(name: Name, value: T): { [_ in Name]?: T } {
  return Object.keys(value).length === 0 ? {} : ({ [name]: value } as { [_ in Name]: T });
}

/** The options that a normalized spec came from, for a job that is to be like it. */
export function jobOptions(spec: NormalizedSpec): JobOptions {
  const { chunkSize, chunkBytes, waitForWorker, betas, idField, prices = {}, tags = {}, settings } = spec;
  return { chunkSize, chunkBytes, waitForWorker, betas, idField, prices, tags, ...settings };
}

/** Temporal takes ids of up to 1,000 bytes, and those of the job's chunks and of its reconciliation begin with the job's. */
const LONGEST_ID = 900;

/** How the ids of a job's own workflows end. A job that has such an id would be ended by the one whose chunk it seems to be. */
const OF_A_PART = /\/(chunk|segment)-\d+(-salvage|-close)?$/;

function idProblems(id: unknown): SpecProblem[] {
  const good =
    typeof id === 'string' &&
    id !== '' &&
    id.isWellFormed() &&
    Buffer.byteLength(id) <= LONGEST_ID &&
    !OF_A_PART.test(id);
  if (good) return [];
  const allowed = 'a text of 1 to 900 bytes that does not end like the id of a chunk, such as "/chunk-0"';
  return [{ option: 'id', message: `The job id is ${show(id)}; allowed is ${allowed}.` }];
}

function unknownOptions(received: Record<string, unknown>): SpecProblem[] {
  return Object.keys(received)
    .filter((name) => !OPTION_NAMES.includes(name))
    .map((name) => {
      const meant = suggest(name, OPTION_NAMES);
      const hint = meant ? `did you mean ${meant}?` : `the options are ${OPTION_NAMES.join(', ')}.`;
      return {
        option: name,
        message: `There is no option ${show(name)} (value ${show(received[name])}); ${hint}`,
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
      problems.push({ option: name, message: `${name} is ${value}; allowed is ${allowed}.` });
    }
  }
  const floor = values.pollFloor as number;
  const ceiling = values.pollCeiling as number;
  if (ceiling < floor) {
    // A floor alone above the default ceiling says plainly what is wanted.
    if (received.pollCeiling === undefined) values.pollCeiling = floor;
    else
      problems.push({
        option: 'pollCeiling',
        message: `pollCeiling is ${show(received.pollCeiling)}; allowed is a duration not shorter than pollFloor, which is ${floor} ms.`,
      });
  }
  return values;
}

/** Where in an option that holds entries the first problem is. */
function placeOf({ issues: [issue] }: ZodError): string {
  return typeof issue?.path[0] === 'string' ? ` (not right: ${issue.path.join('.')})` : '';
}

function requestOf(
  received: Record<string, unknown>,
  source: PlanSource,
  problems: SpecProblem[],
): NormalizedSpec['request'] {
  const { template, builder } = received;
  if (source.kind !== 'input') {
    const why =
      source.kind === 'retry'
        ? 'a retry sends the stored requests again'
        : 'an adopted batch was sent already';
    for (const option of ['template', 'builder']) {
      if (received[option] === undefined) continue;
      problems.push({
        option,
        message: `${option} is given; allowed is none, because ${why}.`,
      });
    }
    return source.kind === 'retry' ? { stored: true } : { adopted: true };
  }
  if (template !== undefined && builder !== undefined) {
    problems.push({
      option: 'template',
      message: 'template and builder are both given; allowed is one of them.',
    });
  } else if (template !== undefined) {
    problems.push(...templateProblems(template));
  } else if (builder === undefined) {
    problems.push({
      option: 'template',
      message: 'Neither template nor builder is given; a job needs one of them.',
    });
  } else if (typeof builder !== 'string' || builder === '') {
    problems.push({
      option: 'builder',
      message: `builder is ${show(builder)}; allowed is the name of a function in the plugin's \`builders\`.`,
    });
  }
  return template === undefined ? { builder: builder as string } : { template };
}

function templateProblems(template: unknown): SpecProblem[] {
  try {
    const json = JSON.stringify(template) ?? 'null';
    if (!isWellFormedJson(json)) {
      return [
        { option: 'template', message: 'template holds half a surrogate pair, which is no character.' },
      ];
    }
    if (isTooDeep(Buffer.from(json))) return [{ option: 'template', message: `template ${TOO_DEEP}.` }];
    const stored = JSON.parse(json);
    compileTemplate(stored);
    return checkParams(stored, { template: true }).map(({ path, message }) => {
      const option = path ? `template.${path}` : 'template';
      return { option, message: `${option} ${message}.` };
    });
  } catch (error) {
    if (error instanceof TemplateError) return error.problems;
    return [
      { option: 'template', message: `template cannot be written as JSON: ${(error as Error).message}.` },
    ];
  }
}

/** The model, where all requests have the same. */
function modelOf(template: unknown): string | undefined {
  const model = (template as { model?: unknown } | null)?.model;
  return typeof model === 'string' && !model.includes('{{') ? model : undefined;
}
