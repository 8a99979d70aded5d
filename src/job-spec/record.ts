import { z } from 'zod';

const PROTO = '__proto__';

/**
 * Returns a schema of an object with user-defined keys. Rejects the key `__proto__`, which zod silently
 * drops.
 */
export const record = <Key extends z.ZodString, Value extends z.ZodType>(key: Key, value: Value) =>
  z
    .unknown()
    .check(({ value: given, issues }) => {
      if (typeof given !== 'object' || given === null || !Object.hasOwn(given, PROTO)) return;
      issues.push({ code: 'custom', message: 'must not be used as a name', input: given, path: [PROTO] });
    })
    .pipe(z.record(key, value));
