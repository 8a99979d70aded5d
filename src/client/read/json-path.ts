import { OptionError } from '../errors';

const STEP =
  /^(?:\.([\p{L}_$][\p{L}\p{N}_$-]*)|\[(0|[1-9]\d*)\]|\["((?:[^"\\]|\\.)*)"\]|\['((?:[^'\\]|\\.)*)'\])/u;

/**
 * Returns a function that reads the value at a path, such as `$.items[0].name`. The path is a subset of
 * JSONPath that names one value: names after dots, indexes from 0, and quoted names in brackets. The function
 * returns `undefined` if there is no such value. Only own properties count.
 *
 * @throws {OptionError} for any other path.
 */
export function jsonPath(path: string): (value: unknown) => unknown {
  const steps: (string | number)[] = [];
  let rest = path.startsWith('$') ? path.slice(1) : undefined;
  while (rest) {
    const [whole, name, index, double, single] = STEP.exec(rest) ?? [];
    if (whole === undefined) break;
    const quoted = (double ?? single)?.replace(/\\(.)/g, '$1');
    steps.push(index === undefined ? (name ?? quoted ?? '') : Number(index));
    rest = rest.slice(whole.length);
  }
  if (rest !== '') {
    throw new OptionError(
      `A path in \`select\` must be like $.label, $.items[0].name or $["a name"] (got ${JSON.stringify(path)}). ` +
        'Wildcards, filters and negative indexes are not supported.',
    );
  }
  return (value) => steps.reduce(at, value);
}

function at(value: unknown, step: string | number): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  // An index is for lists only, and a name such as `length` for objects only.
  if (Array.isArray(value) !== (typeof step === 'number')) return undefined;
  return Object.hasOwn(value, step) ? (value as Record<string | number, unknown>)[step] : undefined;
}
