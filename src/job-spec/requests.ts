import { isDeterministic } from '../job/failure';
import type { Builders, Document, RequestBuilder } from './builder';
import { isWellFormedJson } from './json';
import { isTooDeep, TOO_DEEP } from './nesting';
import { checkParams, type ParamsRules, problemsText } from './params/check';
import { show } from './show';
import { compileTemplate, type RequestWriter } from './template';
import { InputError, placeOf } from './validation-errors';

/** The most characters kept of a builder's error, which may quote a whole document. */
const LONGEST_MESSAGE = 300;

/** The job's builder is not among the worker's builders. */
export class UnknownBuilderError extends Error {
  override readonly name = 'UnknownBuilderError';
  constructor(
    readonly builder: string,
    known: string[],
  ) {
    const has = known.length > 0 ? `it has ${known.join(', ')}` : 'it has none';
    super(
      `The worker has no builder ${show(builder)}: ${has}. ` +
        'Pass it to the plugin in `builders`, or to the command line with --builders.',
    );
  }
}

/** Returns the builder with a name. @throws {UnknownBuilderError} */
export function findBuilder(builders: Builders, name: string): RequestBuilder {
  // Only own properties, because every object has a `toString`.
  if (!Object.hasOwn(builders, name)) throw new UnknownBuilderError(name, Object.keys(builders));
  return builders[name]!;
}

/**
 * Returns the function that builds a job's requests, from its compiled template or from its builder. Checks
 * the params of each request.
 *
 * @throws {UnknownBuilderError}
 * @throws {TemplateError}
 */
export function requestWriter(
  request: { template: unknown } | { builder: string },
  rules: ParamsRules,
  builders: Builders,
): RequestWriter {
  if ('template' in request) return namingDocument(compileTemplate(request.template, rules));
  const { builder: name } = request;
  const build = findBuilder(builders, name);
  return (document) => {
    const fail = (problem: string, options?: ErrorOptions) =>
      new InputError(placeOf(document), `the builder ${show(name)} ${problem}`, {
        ...options,
        publicProblem: `got no request from the builder ${show(name)}`,
      });
    return built(build, document, rules, fail);
  };
}

/**
 * Adds the document to an error of our own code, because among a million documents it could not be found
 * otherwise.
 */
function namingDocument(write: RequestWriter): RequestWriter {
  return (document) => {
    try {
      return write(document);
    } catch (error) {
      if (!isDeterministic(error)) throw error;
      throw new InputError(placeOf(document), `its request cannot be built: ${error.message}.`, {
        cause: error,
      });
    }
  };
}

function built(
  build: RequestBuilder,
  document: Document,
  rules: ParamsRules,
  fail: (problem: string, options?: ErrorOptions) => InputError,
): string {
  let params: unknown;
  let json: string | undefined;
  try {
    params = build(document);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : show(cause);
    throw fail(`threw: ${message.slice(0, LONGEST_MESSAGE)}.`, { cause });
  }
  if (typeof (params as PromiseLike<unknown> | undefined)?.then === 'function') {
    // Without a handler, a rejection would end the process.
    (params as PromiseLike<unknown>).then(undefined, () => {});
    throw fail('is asynchronous: a builder must return the params, not a promise.');
  }
  const problems = checkParams(params, rules);
  if (problems.length > 0) throw fail(`returned invalid params: ${problemsText(problems)}`);
  try {
    json = JSON.stringify(params);
  } catch (cause) {
    throw fail('returned params that cannot be serialized as JSON.', { cause });
  }
  if (isTooDeep(Buffer.from(json)))
    throw fail(`returned params that cannot be sent: the request ${TOO_DEEP}.`);
  if (!isWellFormedJson(json)) {
    throw fail('returned text with a lone surrogate, which is not a valid character.');
  }
  return json;
}
