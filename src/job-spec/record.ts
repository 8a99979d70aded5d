import { z } from 'zod';

const PROTO = '__proto__';

/** An object whose keys a user chooses. Zod drops the key `__proto__` without a word; this refuses it. */
export const record = <Key extends z.ZodString, Value extends z.ZodType>(key: Key, value: Value) =>
  z
    .unknown()
    .check(({ value: given, issues }) => {
      if (typeof given !== 'object' || given === null || !Object.hasOwn(given, PROTO)) return;
      issues.push({ code: 'custom', message: 'this name is not allowed', input: given, path: [PROTO] });
    })
    .pipe(z.record(key, value));
