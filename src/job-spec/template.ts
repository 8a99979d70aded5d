import type { Document } from './builder';
import { isWellFormedJson, lostDigits } from './json';
import { fieldLookup } from './lookup';
import {
  checkPart,
  checkTemplate,
  joinPath,
  type OpenPart,
  type ParamsProblem,
  type ParamsRules,
  problemsText,
} from './params/check';
import { loneField, PlaceholderError, parsePlaceholders, type TextPart } from './placeholders';
import { InputError, placeOf, type SpecProblem } from './validation-errors';

/**
 * A function that builds the JSON of a document's params.
 *
 * @throws {InputError} that names document and field.
 */
export type RequestWriter = (document: Document) => string;

/** A piece of the output: JSON that all documents share, or a function of the document. */
type Piece = string | ((document: Document) => string);

/** A part of the params that depends on the document, for the check. */
type Shape = (document: Document) => unknown;

/** The template is invalid: double braces that name no field, or params that may not be sent. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
  constructor(readonly problems: SpecProblem[]) {
    super(problems.map(({ message }) => message).join('\n'));
  }
}

/**
 * Compiles a template of params into pieces of JSON. Each document's fields are inserted between the pieces,
 * so that the shared parts are serialized once. Checks the template, and then of each document only the parts
 * that the template leaves open.
 *
 * A string field is inserted as text, an object or array as its JSON. A number or boolean is inserted as
 * text, unless the placeholder is the whole string and the API expects a number or boolean there.
 *
 * @param template params of a Messages call, or one placeholder for all of them
 * @throws {TemplateError}
 */
export function compileTemplate(template: unknown, rules: ParamsRules): RequestWriter {
  const { problems, open } = checkTemplate(template, rules);
  const compiler = new Compiler(open);
  compiler.compile(template, '');
  const all = [...compiler.problems, ...problems];
  if (all.length > 0) throw new TemplateError(all.map(specProblem));
  const { pieces, checks } = compiler;

  return (document) => {
    let json = '';
    for (const piece of pieces) json += typeof piece === 'string' ? piece : piece(document);
    for (const { part, field, shape } of checks) {
      const found = checkPart(shape(document), part, rules);
      if (found.length > 0) throw invalid(document, found, field);
    }
    return json;
  };
}

function specProblem({ path, message }: ParamsProblem): SpecProblem {
  const option = path === '' ? 'template' : `template.${path}`;
  return { option, message: `\`${option}\` ${message}` };
}

function invalid(document: Document, problems: ParamsProblem[], field: string | undefined): InputError {
  const source = field === undefined ? '' : ` (from the field ${JSON.stringify(field)})`;
  return new InputError(
    { ...placeOf(document), ...(field === undefined ? {} : { field }) },
    `its request is invalid: ${problemsText(problems, source)}`,
  );
}

/** A part of the params to check for each document. */
interface PartCheck {
  part: OpenPart;
  /** The field, if the part is exactly one placeholder. */
  field: string | undefined;
  shape: Shape;
}

class Compiler {
  readonly pieces: Piece[] = [];
  readonly checks: PartCheck[] = [];
  readonly problems: ParamsProblem[] = [];
  readonly #open: ReadonlyMap<string, OpenPart>;

  constructor(open: readonly OpenPart[]) {
    this.#open = new Map(open.map((part) => [part.path, part]));
  }

  /**
   * Adds a value's pieces.
   *
   * @returns the value's shape for a document, or `undefined` if it is the same for all.
   */
  compile(value: unknown, path: string): Shape | undefined {
    const shape = this.#compile(value, path);
    const part = this.#open.get(path);
    if (part && shape) {
      const field = typeof value === 'string' ? loneField(parsePlaceholders(value)) : undefined;
      this.checks.push({ part, field, shape });
    }
    return shape;
  }

  #compile(value: unknown, path: string): Shape | undefined {
    if (typeof value === 'string') return this.#text(value, path);
    if (Array.isArray(value)) return this.#array(value, path);
    if (typeof value === 'object' && value !== null) return this.#object(value, path);
    this.#literal(JSON.stringify(value));
    return undefined;
  }

  #array(items: unknown[], path: string): Shape | undefined {
    this.#literal('[');
    const shapes = items.map((item, index) => {
      if (index > 0) this.#literal(',');
      return this.compile(item, `${path}[${index}]`);
    });
    this.#literal(']');
    if (shapes.every((shape) => shape === undefined)) return undefined;
    return (document) =>
      items.map((item, index) => {
        const shape = shapes[index];
        return shape ? shape(document) : item;
      });
  }

  #object(value: object, path: string): Shape | undefined {
    this.#literal('{');
    const shapes: [string, Shape][] = [];
    for (const [index, [key, inner]] of Object.entries(value).entries()) {
      this.#literal(`${index > 0 ? ',' : ''}${JSON.stringify(key)}:`);
      const shape = this.compile(inner, joinPath(path, key));
      if (shape) shapes.push([key, shape]);
    }
    this.#literal('}');
    if (shapes.length === 0) return undefined;
    return (document) => {
      const filled: Record<string, unknown> = { ...value };
      for (const [key, shape] of shapes) filled[key] = shape(document);
      return filled;
    };
  }

  #text(text: string, path: string): Shape | undefined {
    const parts = this.#parse(text, path);
    const field = loneField(parts);
    if (field !== undefined) return this.#whole(field, path);
    this.#literal('"');
    const shapes: (string | Shape)[] = [];
    for (const part of parts) {
      if (typeof part === 'string') {
        this.#literal(JSON.stringify(part).slice(1, -1));
        shapes.push(part);
      } else {
        const get = required(part.field);
        this.pieces.push((document) => inside(get(document), document, part.field));
        shapes.push((document) => asText(get(document)));
      }
    }
    this.#literal('"');
    if (shapes.every((shape) => typeof shape === 'string')) return undefined;
    return (document) =>
      shapes.map((shape) => (typeof shape === 'string' ? shape : shape(document))).join('');
  }

  /** Adds the piece of a string that is exactly one placeholder. */
  #whole(field: string, path: string): Shape {
    const get = required(field);
    const type = this.#open.get(path)?.type;
    const isScalar = type !== undefined && !type.string && (type.number || type.boolean);
    this.pieces.push((document) => whole(get(document), document, field, isScalar));
    return (document) => {
      const value = get(document);
      return isScalar || typeof value === 'object' ? value : String(value);
    };
  }

  #parse(text: string, path: string): TextPart[] {
    try {
      return parsePlaceholders(text);
    } catch (error) {
      if (!(error instanceof PlaceholderError)) throw error;
      this.problems.push({ path, message: error.message });
      return [text];
    }
  }

  #literal(json: string): void {
    const last = this.pieces.at(-1);
    if (typeof last === 'string') this.pieces[this.pieces.length - 1] = last + json;
    else this.pieces.push(json);
  }
}

function required(field: string): (document: Document) => unknown {
  const get = fieldLookup(field);
  return (document) => {
    const value = get(document);
    if (value === undefined || value === null)
      throw fault(document, field, 'is missing or null, and the template needs it');
    return value;
  };
}

/**
 * Returns the JSON that replaces a string of exactly one placeholder.
 *
 * @param isScalar whether the API expects a number or boolean here, and no text
 */
function whole(value: unknown, document: Document, field: string, isScalar: boolean): string {
  const text = json(value, document, field);
  return isScalar || typeof value === 'string' || typeof value === 'object' ? text : `"${text}"`;
}

const asText = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : String(value));

/** Returns the JSON of a value inside a string, without the quotes. */
function inside(value: unknown, document: Document, field: string): string {
  const text = json(value, document, field);
  if (typeof value === 'string') return text.slice(1, -1);
  return typeof value === 'object' ? JSON.stringify(text).slice(1, -1) : text;
}

function json(value: unknown, document: Document, field: string): string {
  if (typeof value === 'number' && lostDigits(value)) {
    throw fault(
      document,
      field,
      'is an integer with more digits than JavaScript can hold. Write it as a string',
    );
  }
  const text = JSON.stringify(value);
  // For a string, the engine's own check is cheap. A search through its JSON takes as long as serializing it.
  if (typeof value === 'string' ? !value.isWellFormed() : !isWellFormedJson(text)) {
    throw fault(document, field, 'contains a lone surrogate, which is not a valid character. Fix the text');
  }
  return text;
}

function fault(document: Document, field: string, problem: string): InputError {
  return new InputError({ ...placeOf(document), field }, `the field ${JSON.stringify(field)} ${problem}.`);
}
