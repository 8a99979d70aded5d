// params/: the check of a request's params against the Anthropic SDK's types. sdk-types.ts is generated from
// the SDK, schema.ts reads it, check.ts compares a value with it. Start here.

import { placeholdersIn, type TextPart } from '../placeholders';
import { show } from '../show';
import { suggest } from '../suggest';
import { notAllowed, notOneOf, unknownField } from './describe';
import { type ObjectType, type ParamType, paramsType, type Tags } from './schema';

/** One problem of a request's params. */
export interface ParamsProblem {
  /** The path in the params, such as `messages[0].role`. Empty for the params as a whole. */
  path: string;
  /** The rest of a sentence whose subject is the path, to its end. Contains no text of a document. */
  message: string;
}

/** The settings of a check. */
export interface ParamsRules {
  /** The betas of the job. With any, the fields that need a beta are allowed. */
  betas: readonly string[];
  /** The names of fields, at any level, that are not checked. */
  allowUnknownParams: readonly string[];
}

/** A part of a template that depends on the document, so that each document's value must be checked. */
export interface OpenPart {
  path: string;
  type: ParamType;
}

/** Params of a Messages call that are not allowed in a batch, and the reason. */
const REFUSED: Record<string, string> = {
  stream: 'batches do not stream. Leave it out.',
  speed: 'batches have no speed setting. Leave it out.',
  betas: "betas are sent as a header. Use the job's `betas` option.",
  workspace_id: 'it is a header. Set it on the Anthropic client.',
  custom_id: 'the job generates it, and it is not one of the params. Leave it out.',
  temperature: 'the API version that the SDK sends rejects it. Leave it out.',
  top_p: 'the API version that the SDK sends rejects it. Leave it out.',
  top_k: 'the API version that the SDK sends rejects it. Leave it out.',
  extra_body: 'it is an option of an SDK. Write its fields into the params.',
  ...Object.fromEntries(
    ['extra_headers', 'extra_query', 'headers', 'timeout', 'max_retries', 'maxRetries', 'signal'].map(
      (name) => [name, 'it is an option of an SDK. Set it on the Anthropic client of the worker.'],
    ),
  ),
};

/**
 * Checks the params of a request before it is sent, because the API checks the params of a batch only when it
 * processes them, up to a day later.
 *
 * @returns the problems. The API may still reject params without any: checks that depend on the model are
 *   left to it.
 */
export function checkParams(params: unknown, rules: ParamsRules): ParamsProblem[] {
  return checkPart(params, wholeParams(rules), rules);
}

/** Checks the value of one part of the params, like `checkParams`. */
export function checkPart(value: unknown, { path, type }: OpenPart, rules: ParamsRules): ParamsProblem[] {
  const check = new Check(rules);
  check.value(value, type, path);
  return check.problems;
}

/**
 * Checks a template of params as far as it is the same for all documents.
 *
 * @returns the problems, and the parts to check for each document
 */
export function checkTemplate(
  template: unknown,
  rules: ParamsRules,
): { problems: ParamsProblem[]; open: OpenPart[] } {
  const open: OpenPart[] = [];
  const { path, type } = wholeParams(rules);
  const check = new Check(rules, (part) => open.push(part));
  check.value(template, type, path);
  return { problems: check.problems, open };
}

/** Returns problems as sentences. `source` follows each path. */
export const problemsText = (problems: readonly ParamsProblem[], source = ''): string =>
  problems.map(({ path, message }) => `\`${path || 'params'}\`${source} ${message}`).join(' ');

const wholeParams = ({ betas }: ParamsRules): OpenPart => ({ path: '', type: paramsType(betas.length > 0) });

type Fields = Record<string, unknown>;

class Check {
  readonly problems: ParamsProblem[] = [];
  readonly #rules: ParamsRules;
  /** Takes the open parts of a template. Absent for other params, in which double braces are text. */
  readonly #open: ((part: OpenPart) => void) | undefined;

  constructor(rules: ParamsRules, open?: (part: OpenPart) => void) {
    this.#rules = rules;
    this.#open = open;
  }

  value(value: unknown, type: ParamType, path: string): void {
    if (type.any) return;
    if (typeof value === 'string') this.#string(value, type, path);
    else if (Array.isArray(value)) this.#array(value, type, path);
    else if (typeof value === 'object' && value !== null) this.#object(value as Fields, type, path);
    else if (!isAllowed(value, type)) this.#refuse(value, type, path);
  }

  #string(value: string, type: ParamType, path: string): void {
    const parts = this.#open && placeholdersIn(value);
    if (parts) {
      if (!isAlwaysAllowed(parts, type)) this.#open!({ path, type });
      return;
    }
    const isText = type.string && (type.rule !== 'filled' || isFilled(value));
    if (!isText && !type.literals.includes(value)) this.#refuse(value, type, path);
  }

  #array(values: unknown[], type: ParamType, path: string): void {
    const { items, rule } = type;
    if (items && (values.length > 0 || rule !== 'filled')) {
      for (const [index, value] of values.entries()) this.value(value, items, `${path}[${index}]`);
    } else {
      this.#refuse(values, type, path);
    }
  }

  #object(value: Fields, type: ParamType, path: string): void {
    const { tags, objects, values } = type;
    if (tags) {
      this.#tagged(value, tags, { path, type });
    } else if (objects[0]) {
      this.#fields(value, objects[0], path);
    } else if (values) {
      for (const name of Object.keys(value)) this.value(value[name], values, joinPath(path, name));
    } else {
      this.#refuse(value, type, path);
    }
  }

  /** Checks an object of one of several types, which a field such as `type` tells apart. */
  #tagged(value: Fields, { field, types, absent }: Tags, part: OpenPart): void {
    const tag = value[field];
    const found = tag === undefined ? absent : types.get(tag);
    if (found) this.#fields(value, found, part.path);
    else if (this.#open && typeof tag === 'string' && placeholdersIn(tag)) this.#open(part);
    else
      this.#problem(
        joinPath(part.path, field),
        notOneOf(
          tag,
          [...types.keys()].filter((text) => text !== null),
        ),
      );
  }

  #fields(value: Fields, { fields, required, isOpen }: ObjectType, path: string): void {
    const isAbsent = (name: string) => value[name] === undefined;
    const isUnchecked = (name: string) => this.#rules.allowUnknownParams.includes(name);
    const meant: (string | undefined)[] = [];
    for (const name of Object.keys(value)) {
      if (isAbsent(name) || isUnchecked(name)) continue;
      const field = fields.get(name);
      if (path === '' && Object.hasOwn(REFUSED, name)) {
        this.#problem(name, `is not allowed in a batch: ${REFUSED[name]}`);
      } else if (field) {
        this.value(value[name], field.type, joinPath(path, name));
      } else if (!isOpen) {
        meant.push(this.#unknown(name, [...fields.keys()], path));
      }
    }
    const missing = required.filter(
      ({ name }) => isAbsent(name) && !meant.includes(name) && !isUnchecked(name),
    );
    for (const { name, type } of missing) this.#refuse(undefined, type, joinPath(path, name));
  }

  /** Reports an unknown field. Returns the known field that it may be a misspelling of. */
  #unknown(name: string, known: readonly string[], path: string): string | undefined {
    const suggested = suggest(name, known);
    this.#problem(joinPath(path, name), unknownField(name, known, suggested));
    return suggested;
  }

  #refuse(value: unknown, type: ParamType, path: string): void {
    this.#problem(path, notAllowed(value, type));
  }

  #problem(path: string, message: string): void {
    this.problems.push({ path, message });
  }
}

/** Returns whether a type allows a number, a boolean or `null`. */
function isAllowed(value: unknown, type: ParamType): boolean {
  if (typeof value === 'number') {
    return type.number && (type.rule !== 'count' || (Number.isSafeInteger(value) && value >= 1));
  }
  if (typeof value === 'boolean') return type.boolean || type.literals.includes(value);
  return value === null && type.null;
}

/** Returns whether a type allows a text with placeholders for every document. */
function isAlwaysAllowed(parts: readonly TextPart[], type: ParamType): boolean {
  // A single placeholder may become an object.
  if (!type.string || parts.length === 1) return false;
  return type.rule !== 'filled' || parts.some((part) => typeof part === 'string' && isFilled(part));
}

const isFilled = (text: string) => /\S/.test(text);

/** Returns the path of a field in an object. */
export const joinPath = (path: string, name: string) => {
  if (!/^\w+$/.test(name)) return `${path}[${show(name)}]`;
  return path === '' ? name : `${path}.${name}`;
};
