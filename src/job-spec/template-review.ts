import type { Document } from './builder';
import { fieldLookup } from './lookup';
import { parsePlaceholders } from './placeholders';
import { placeText } from './validation-errors';

/** A name in single braces. */
const SINGLE = /(?<![{\\])\{([^{}]+)\}(?!\})/g;
/** What a field is probably named. Other text in single braces, such as JSON, is meant. */
const FIELD = /^[A-Za-z_][\w.-]*$/;
/** Double braces around a name, as a document may contain them. */
const DOUBLE = /\{\{[^{}]+\}\}/;

type Lookup = (document: Document) => unknown;

/**
 * Finds what is allowed in a template and probably a mistake. Looks at the documents that it is shown, one at
 * a time, and keeps none.
 */
export class TemplateReview {
  /** The fields that the template inserts. One that was warned about is removed. */
  readonly #inserted = new Map<string, Lookup>();
  /** The names in single braces that no document had as a field so far. */
  readonly #single = new Map<string, Lookup>();
  readonly #warnings: string[] = [];

  /** @param template a template that compiles */
  constructor(template: unknown) {
    this.#collect(template);
    if (this.#inserted.size > 0) return;
    this.#warnings.push(
      'The template has no placeholder, so every document gets the same request. ' +
        'Write {{field}} to insert a field.',
    );
  }

  /** Looks at a document. */
  see(document: Document): void {
    for (const [name, get] of this.#single) {
      if (get(document) === undefined) continue;
      this.#single.delete(name);
      this.#warnings.push(
        `The template contains {${name}} in single braces, and documents have a field ${JSON.stringify(name)}. ` +
          `Write {{${name}}} to insert it.`,
      );
    }
    for (const [name, get] of this.#inserted) {
      if (!hasPlaceholder(get(document))) continue;
      this.#inserted.delete(name);
      this.#warnings.push(
        `The field ${JSON.stringify(name)} of document ${JSON.stringify(document.id)} (${placeText(document)}) ` +
          'contains text in double braces. It is sent unchanged: only placeholders in the template are replaced.',
      );
    }
  }

  get warnings(): readonly string[] {
    return this.#warnings;
  }

  /** Returns the warnings without documents: any name in single braces may be a field. */
  withoutDocuments(): readonly string[] {
    const single = [...this.#single.keys()].filter((name) => FIELD.test(name));
    return [
      ...this.#warnings,
      ...single.map(
        (name) => `The template contains {${name}} in single braces. To insert a field, write {{${name}}}.`,
      ),
    ];
  }

  #collect(value: unknown): void {
    if (typeof value === 'string') {
      for (const part of parsePlaceholders(value)) {
        if (typeof part === 'object') this.#inserted.set(part.field, fieldLookup(part.field));
      }
      for (const [, name = ''] of value.matchAll(SINGLE)) this.#single.set(name, fieldLookup(name));
    } else if (typeof value === 'object' && value !== null) {
      for (const inner of Object.values(value)) this.#collect(inner);
    }
  }
}

function hasPlaceholder(value: unknown): boolean {
  if (typeof value === 'string') return DOUBLE.test(value);
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some(hasPlaceholder);
}
