export interface JsonProblem {
  /** The line, from 1. `column` is also from 1. */
  line: number;
  column: number;
  problem: string;
}

const TOKEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids exactly these in strings.
  /[ \t\r\n]*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null))/y;

/**
 * Finds the position where an invalid JSON text stops being JSON. `JSON.parse` does not report it on every
 * version of Node.
 */
export function jsonProblem(text: string): JsonProblem {
  /** The open brackets, and what each expects next. */
  const open: { close: string; wants: 'key' | 'colon' | 'value' | 'next'; empty: boolean }[] = [];
  let done = false;
  let at = 0;
  for (;;) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    const start = at + /^[ \t\r\n]*/.exec(text.slice(at))![0].length;
    const top = open.at(-1);
    const wanted = done ? 'the end' : expected(top);
    if (start >= text.length) return place(text, text.length, `it ends where ${wanted} should be`);
    const token = match?.[1] ?? match?.[2] ?? match?.[3];
    if (!match || token === undefined) return place(text, start, `${wanted} should be here`);
    if (done || !take(token, match[2] !== undefined)) return place(text, start, `${wanted} should be here`);
    at = TOKEN.lastIndex;
  }

  function take(token: string, isString: boolean): boolean {
    const top = open.at(-1);
    if (top && token === top.close && (top.wants === 'next' || top.empty)) {
      open.pop();
      return ended();
    }
    if (!top) return takeValue(token);
    const { wants } = top;
    top.empty = false;
    switch (wants) {
      case 'key':
        top.wants = 'colon';
        return isString;
      case 'colon':
        top.wants = 'value';
        return token === ':';
      case 'next':
        top.wants = top.close === '}' ? 'key' : 'value';
        return token === ',';
      case 'value':
        return takeValue(token);
    }
  }

  function takeValue(token: string): boolean {
    if (token === '{') open.push({ close: '}', wants: 'key', empty: true });
    else if (token === '[') open.push({ close: ']', wants: 'value', empty: true });
    else if (/^[}\],:]$/.test(token)) return false;
    else return ended();
    return true;
  }

  /** A value is complete. */
  function ended(): boolean {
    const top = open.at(-1);
    if (top) top.wants = 'next';
    else done = true;
    return true;
  }
}

function expected(top: { close: string; wants: string; empty: boolean } | undefined): string {
  if (!top || (top.wants === 'value' && !top.empty)) return 'a value';
  if (top.wants === 'value') return 'a value or "]"';
  if (top.wants === 'key') return top.empty ? 'a key in double quotes or "}"' : 'a key in double quotes';
  return top.wants === 'colon' ? '":"' : `"," or "${top.close}"`;
}

function place(text: string, offset: number, problem: string): JsonProblem {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: before.at(-1)!.length + 1, problem };
}
