import { kind, show } from '../show';
import { suggest } from '../suggest';
import { needsBeta, type ParamType } from './schema';

/** Returns a sentence about a value that a type does not allow, without its subject. */
export function notAllowed(value: unknown, type: ParamType): string {
  return `must be ${listed(allowedIn(type))} (got ${received(value)}).${hint(value, type.literals)}`;
}

/** Returns a sentence about a value that must be one of some texts, without its subject. */
export function notOneOf(value: unknown, texts: readonly unknown[]): string {
  const allowed = texts.map((text) => JSON.stringify(text));
  return `must be ${listed(allowed)} (got ${received(value)}).${hint(value, texts)}`;
}

/** Returns the sentences about a field that an object does not have, without their subject. */
export function unknownField(name: string, known: readonly string[], meant: string | undefined): string {
  if (needsBeta(name)) return `is a field that needs a beta. ${NAME_BETA}`;
  return meant
    ? `is not a field of the Messages API. Did you mean \`${meant}\`?`
    : `is not a field of the Messages API. The fields are ${known.join(', ')}. ` +
        'To send a field that is newer, add its name to `allowUnknownParams`.';
}

const NAME_BETA = 'Name the beta in `betas` (--beta).';

function hint(value: unknown, allowed: readonly unknown[]): string {
  if (typeof value !== 'string') return '';
  if (needsBeta(value)) return ` This value needs a beta. ${NAME_BETA}`;
  const meant = suggest(
    value,
    allowed.filter((text) => typeof text === 'string'),
  );
  return meant ? ` Did you mean ${JSON.stringify(meant)}?` : '';
}

function allowedIn(type: ParamType): string[] {
  const { rule, literals, objects, values, items } = type;
  const allowed = literals.map((literal) => JSON.stringify(literal));
  if (type.string) allowed.push(rule === 'filled' ? 'a non-empty string' : 'a string');
  if (type.number) allowed.push(rule === 'count' ? 'an integer of at least 1' : 'a number');
  if (type.boolean) allowed.push('a boolean');
  if (items) allowed.push(rule === 'filled' ? 'a non-empty array' : 'an array');
  if (values || objects.length > 0) allowed.push('an object');
  return allowed;
}

const listed = (words: readonly string[]) =>
  words.length > 1 ? `${words.slice(0, -1).join(', ')} or ${words.at(-1)}` : words.join('');

function received(value: unknown): string {
  if (typeof value === 'number') return show(value);
  if (typeof value === 'string' && !/\S/.test(value))
    return value === '' ? 'an empty string' : 'a blank string';
  return Array.isArray(value) && value.length === 0 ? 'an empty array' : kind(value);
}
