import type { Document } from './builder';
import { InputError, type SpecProblem } from './errors';
import { isWellFormedJson, lostDigits } from './json';
import { fieldLookup } from './lookup';
import { checkParams } from './params';
import { loneField, PlaceholderError, parsePlaceholders, type TextPart } from './placeholders';

/** Makes the JSON of a document's params. @throws {InputError} naming document and field. */
export type RequestWriter = (document: Document) => string;

/** A piece of the output: JSON that stands for all documents, or one made from the document. */
type Piece = string | ((document: Document) => string);

/** A part of the params as checked, with what lone placeholders put in. */
type Shape = (document: Document) => unknown;

/** A template with braces that name no field; `problems` say where. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
  constructor(readonly problems: SpecProblem[]) {
    super(problems.map(({ message }) => message).join('\n'));
  }
}

/**
 * Compiles a template of params into pieces of JSON between which each document's fields are spliced, so that what all
 * requests share is made to JSON once.
 *
 * A string field goes in as text, a number or boolean as its JSON. An object or array goes in as JSON text, or, for a
 * string that is one placeholder and nothing else, in place of that string.
 *
 * @param template params of a Messages call, or the text of one placeholder that gives all of them
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
    // Only a lone placeholder can change what is an object, an array or a role; the rest was checked with the template.
    if (lone) check(shape ? shape(document) : template, document);
    return json;
  };
}

function check(params: unknown, document: Document): void {
  const problems = checkParams(params);
  if (problems.length === 0) return;
  const text = problems.map(({ path, message }) => `${path || 'params'} ${message}`).join('; ');
  throw new InputError({ line: document.line, document: document.id }, `the request is not valid: ${text}.`);
}

class Compiler {
  readonly pieces: Piece[] = [];
  readonly problems: SpecProblem[] = [];
  /** Whether any string is a placeholder and nothing else. */
  lone = false;

  /** Adds a value's pieces. @returns how the value looks for a document, or `undefined` where it is the same for all. */
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
      throw fault(document, field, 'is missing; the template needs it');
    return value;
  };
}

/** JSON in place of a string that is one placeholder. */
function whole(value: unknown, document: Document, field: string): string {
  const isText = typeof value === 'string' || typeof value === 'object';
  return isText ? json(value, document, field) : `"${json(value, document, field)}"`;
}

/** JSON within a string, without the quotes. */
function inside(value: unknown, document: Document, field: string): string {
  const text = json(value, document, field);
  if (typeof value === 'string') return text.slice(1, -1);
  return typeof value === 'object' ? JSON.stringify(text).slice(1, -1) : text;
}

function json(value: unknown, document: Document, field: string): string {
  if (typeof value === 'number' && lostDigits(value)) {
    throw fault(document, field, 'is a number with more digits than JavaScript keeps; write it as a string');
  }
  const text = JSON.stringify(value);
  // Of a string the engine often knows; a look through its JSON costs as much again as making it.
  if (typeof value === 'string' ? !value.isWellFormed() : !isWellFormedJson(text)) {
    throw fault(document, field, 'holds half a surrogate pair, which is no character; mend the text');
  }
  return text;
}

function fault({ id, line }: Document, field: string, problem: string): InputError {
  return new InputError({ line, document: id, field }, `the field ${JSON.stringify(field)} ${problem}.`);
}
