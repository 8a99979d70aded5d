import { SDK_TYPES } from './sdk-types';

/** A rule of the API that the SDK's types do not express. */
export type Rule =
  /** A string must not be blank, an array not empty. */
  | 'filled'
  /** A number must be an integer of at least 1. */
  | 'count';

/** The rules, by type and field. They hold with betas too. */
const RULES: Record<string, Rule> = {
  'Params.model': 'filled',
  'Params.max_tokens': 'count',
  'Params.messages': 'filled',
  // An assistant message may be empty if it is the last one.
  'UserMessageParam.content': 'filled',
  'SystemMessageParam.content': 'filled',
  'TextBlockParam.text': 'filled',
};

/** A field of an object. */
export interface Field {
  name: string;
  type: ParamType;
  required: boolean;
}

/** The type of an object with named fields. */
export class ObjectType {
  /** Whether the object may have fields besides the named ones. */
  readonly isOpen: boolean;
  readonly #lines: readonly string[];
  #fields: ReadonlyMap<string, Field> | undefined;
  #required: readonly Field[] | undefined;

  constructor(
    readonly name: string,
    lines: readonly string[],
  ) {
    this.#lines = lines.filter(isNamed);
    this.isOpen = this.#lines.length < lines.length;
  }

  /** The fields by name. They are read when they are first needed, because types refer to each other. */
  get fields(): ReadonlyMap<string, Field> {
    this.#fields ??= new Map(
      this.#lines.map((line) => this.#field(line)).map((field) => [field.name, field]),
    );
    return this.#fields;
  }

  /** The required fields, apart because the check reads them for each object. */
  get required(): readonly Field[] {
    this.#required ??= [...this.fields.values()].filter(({ required }) => required);
    return this.#required;
  }

  #field(line: string): Field {
    const [, name = '', optional, type = ''] = /^(\w+)(\??): (.+)$/.exec(line)!;
    const rule = RULES[`${this.name.replace(/^Beta/, '')}.${name}`];
    return { name, type: typeOf(type, rule), required: optional === '' };
  }
}

const isNamed = (line: string) => !line.startsWith('[key]: unknown');

/** The type of a value: everything that the value may be. */
export class ParamType {
  readonly any: boolean;
  readonly string: boolean;
  readonly number: boolean;
  readonly boolean: boolean;
  readonly null: boolean;
  /** Single texts and booleans that are allowed. */
  readonly literals: readonly (string | boolean)[];
  readonly objects: readonly ObjectType[];
  /** The type of an array's items, if the value may be an array. */
  readonly items: ParamType | undefined;
  /** The type of an object's values, if the value may be an object without named fields. */
  readonly values: ParamType | undefined;
  #tags: Tags | undefined;

  constructor(
    text: string,
    readonly rule: Rule | undefined,
  ) {
    const parts = alternatives(text);
    const has = (part: string) => parts.includes(part);
    this.any = has('unknown');
    this.string = has('string');
    this.number = has('number');
    this.boolean = has('boolean');
    this.null = has('null');
    this.literals = parts.flatMap((part) => {
      if (part.startsWith("'")) return part.slice(1, -1);
      return part === 'false' || part === 'true' ? part === 'true' : [];
    });
    this.objects = parts.flatMap((part) => objectType(part) ?? []);
    this.items = together(parts, /^(.+)\[\]$/);
    this.values = together(parts, /^\{(.+)\}$/);
  }

  /** What distinguishes several types of objects. Undefined for a single one. */
  get tags(): Tags | undefined {
    if (this.objects.length > 1) this.#tags ??= tagsOf(this.objects);
    return this.#tags;
  }
}

/** The field that tells types of objects apart, such as `type`, and the type for each of its values. */
export interface Tags {
  field: string;
  types: ReadonlyMap<unknown, ObjectType>;
  /** The type of an object without the field. */
  absent: ObjectType | undefined;
}

function tagsOf(objects: readonly ObjectType[]): Tags {
  for (const field of objects[0]!.fields.keys()) {
    const tags = objects.map((object) => ({ object, tag: object.fields.get(field) }));
    const texts = tags.flatMap(({ tag }) => (tag && !tag.type.string ? tag.type.literals : []));
    const isTag = tags.every(({ tag }) => tag && tag.type.literals.length > 0);
    if (!isTag || new Set(texts).size < texts.length) continue;
    const types = new Map<unknown, ObjectType>();
    for (const { object, tag } of tags) {
      for (const text of tag!.type.literals) types.set(text, object);
      if (tag!.type.null) types.set(null, object);
    }
    return { field, types, absent: tags.find(({ tag }) => !tag!.required)?.object };
  }
  throw new Error(`No field tells apart the types ${objects.map(({ name }) => name).join(', ')}.`);
}

/** The lines below each name of the SDK's types. */
const lines = new Map<string, string[]>();
for (const entry of SDK_TYPES.trim().split(/\n(?! )/)) {
  const [name, ...rest] = entry.replaceAll('\n    ', ' ').split('\n  ');
  lines.set(name!, rest);
}

const objectTypes = new Map<string, ObjectType>();
const types = new Map<string, ParamType>();

/** Returns the value of a key, which it makes at the first call. */
function once<T>(made: Map<string, T>, key: string, make: () => T): T {
  const value = made.get(key) ?? make();
  made.set(key, value);
  return value;
}

/** Returns the type that a text in the SDK's types means. */
const typeOf = (text: string, rule?: Rule): ParamType =>
  once(types, `${rule} ${text}`, () => new ParamType(text, rule));

function objectType(name: string): ObjectType | undefined {
  const fields = lines.get(name);
  return fields && once(objectTypes, name, () => new ObjectType(name, fields));
}

const isUnion = (name: string) => lines.get(name)?.[0]?.startsWith('| ') === true;

/** Splits a union, also one that has a name, into its alternatives. */
function alternatives(text: string): string[] {
  return text.split(/ \| (?![^(]*\))/).flatMap((part) => {
    if (!isUnion(part)) return [part];
    return lines.get(part)!.flatMap((line) => alternatives(line.slice('| '.length)));
  });
}

/** Returns the union of the types that a pattern finds in some alternatives. */
function together(parts: readonly string[], pattern: RegExp): ParamType | undefined {
  const found = parts.flatMap((part) => pattern.exec(part)?.[1]?.replace(/^\((.+)\)$/, '$1') ?? []);
  return found.length > 0 ? typeOf(found.join(' | ')) : undefined;
}

/** Returns the type of a request's params, with or without betas. */
export const paramsType = (betas: boolean) => typeOf(betas ? 'BetaParams' : 'Params');

let betaWords: ReadonlySet<unknown> | undefined;

/** Returns whether a field's name or a text is known, but only in requests with betas. */
export function needsBeta(word: unknown): boolean {
  // Only messages about problems need them, so programs do not collect them at their start.
  betaWords ??= wordsOfBetas();
  return betaWords.has(word);
}

/** Returns the names of fields and the texts that only requests with betas may have. */
function wordsOfBetas(): ReadonlySet<unknown> {
  const words = { beta: new Set<string>(), plain: new Set<string>() };
  for (const [name, inner] of lines) {
    const found = name.startsWith('Beta') ? words.beta : words.plain;
    for (const line of inner) {
      for (const [word] of line.matchAll(/^\w+(?=\??: )|(?<=')[^']+(?=')/g)) found.add(word);
    }
  }
  for (const word of words.plain) words.beta.delete(word);
  return words.beta;
}
