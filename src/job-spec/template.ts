import type { Document } from './builder';
import { InputError, type SpecProblem } from './errors';
import { isWellFormedJson, lostDigits } from './json';
import { fieldLookup } from './lookup';
import { checkParams } from './params';
import { loneField, PlaceholderError, parsePlaceholders, type TextPart } from './placeholders';

/**
 * A function that builds the JSON of a document's params.
 *
 * @throws {InputError} that names document and field.
 */
export type RequestWriter = (document: Document) => string;

/** A piece of the output: JSON that all documents share, or a function of the document. */
type Piece = string | ((document: Document) => string);

/** A part of the params for the check, with the values of lone placeholders. */
type Shape = (document: Document) => unknown;

/** The template has double braces that name no field. `problems` lists their positions. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
  constructor(readonly problems: SpecProblem[]) {
    super(problems.map(({ message }) => message).join('\n'));
  }
}

/**
 * Compiles a template of params into pieces of JSON. Each document's fields are inserted between the pieces,
 * so that the shared parts are serialized once.
 *
 * A string field is inserted as text, a number or boolean as its JSON. An object or array is inserted as JSON
 * text, or replaces the string if that is exactly one placeholder.
 *
 * @param template params of a Messages call, or one placeholder for all of them
 * @throws {TemplateError}
 */
export function compileTemplate(template: unknown): RequestWriter {
  const compiler = new Compiler();
  const shape = compiler.compile(template, 'template');
  if (compiler.problems.length > 0) throw new TemplateError(compiler.problems);
  const { pieces, lone } = compiler;

  return (document) => {
    let json = '';
    for (const piece of pieces) json += typeof piece === 'string' ? piece : piece(document);
    // Only a lone placeholder can replace an object, an array or a role. The rest was checked with the
    // template.
    if (lone) check(shape ? shape(document) : template, document);
    return json;
  };
}

function check(params: unknown, document: Document): void {
  const problems = checkParams(params);
  if (problems.length === 0) return;
  const text = problems.map(({ path, message }) => `${path || 'params'} ${message}`).join('; ');
  throw new InputError({ line: document.line, document: document.id }, `its request is invalid: ${text}.`);
}

class Compiler {
  readonly pieces: Piece[] = [];
  readonly problems: SpecProblem[] = [];
  /** Whether any string is exactly one placeholder. */
  lone = false;

  /**
   * Adds a value's pieces.
   *
   * @returns the value's shape for a document, or `undefined` if it is the same for all.
   */
  compile(value: unknown, path: string): Shape | undefined {
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
      const shape = this.compile(inner, `${path}.${key}`);
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
    if (field !== undefined) {
      this.lone = true;
      const get = required(field);
      this.pieces.push((document) => whole(get(document), document, field));
      return (document) => {
        const value = get(document);
        return typeof value === 'object' ? value : String(value);
      };
    }
    this.#literal('"');
    for (const part of parts) {
      if (typeof part === 'string') {
        this.#literal(JSON.stringify(part).slice(1, -1));
      } else {
        const get = required(part.field);
        this.pieces.push((document) => inside(get(document), document, part.field));
      }
    }
    this.#literal('"');
    return undefined;
  }

  #parse(text: string, path: string): TextPart[] {
    try {
      return parsePlaceholders(text);
    } catch (error) {
      if (!(error instanceof PlaceholderError)) throw error;
      this.problems.push({ option: path, message: `${path}: ${error.message}` });
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

/** Returns the JSON that replaces a string of exactly one placeholder. */
function whole(value: unknown, document: Document, field: string): string {
  const isText = typeof value === 'string' || typeof value === 'object';
  return isText ? json(value, document, field) : `"${json(value, document, field)}"`;
}

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

function fault({ id, line }: Document, field: string, problem: string): InputError {
  return new InputError({ line, document: id, field }, `the field ${JSON.stringify(field)} ${problem}.`);
}
