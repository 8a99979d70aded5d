import { describe, expect, it } from 'vitest';
import * as client from '../../../src/client';
import { FAILURE } from '../../../src/job/failure';
import { readMarkdown } from '../docs/markdown';
import { ERRORS } from './every-error';

type Class = new (...args: never) => unknown;

/** The error classes that an entry point exports, but for their root. */
const classesOf = (entry: object) =>
  Object.values(entry).filter(
    (value): value is Class =>
      typeof value === 'function' && value.prototype instanceof Error && value !== client.AnthropicBatchError,
  );

describe('the errors', () => {
  const classes: Class[] = Object.values(ERRORS).map((error) => error.constructor as Class);

  it('are all that the client exports', () => {
    expect(new Set(classesOf(client))).toEqual(new Set(classes));
  });

  it.each(['index', 'client', 'workflows', 'simulator'])('have one root in the entry point %s', (entry) => {
    const report = readMarkdown(`docs/api/${entry}.api.md`);
    const roots = [...report.matchAll(/class (\w+) extends Error\b/g)].map(([, name]) => name);
    expect(roots.filter((name) => name !== 'AnthropicBatchError')).toEqual([]);
  });

  it.each(Object.entries(ERRORS))('%s is the name of the class, in capitals', (code, error) => {
    expect(error).toBeInstanceOf(client.AnthropicBatchError);
    expect(error.code).toBe(code);
    expect(error.name).toBe(error.constructor.name);
    expect(`${code.replaceAll('_', '').toLowerCase()}error`).toBe(error.name.toLowerCase());
    expect(error.docs).toBe(`docs/troubleshooting.md#${code.toLowerCase().replaceAll('_', '-')}`);
  });

  it('link a failed job to the type of its failure', () => {
    const failed = (type?: string) => new client.JobFailedError('j', 'r', undefined, { type }).docs;
    expect(failed(FAILURE.inputInvalid)).toBe('docs/troubleshooting.md#anthropic-input-invalid');
    expect(failed('TooLarge')).toBe(failed());
    expect(failed()).toBe('docs/troubleshooting.md#job-failed');
  });
});
