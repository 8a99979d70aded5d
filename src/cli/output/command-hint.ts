import type { SharedOptions } from '../options';

/** Returns a command for a job in quotes, with the flags that reach the same store, queue and payloads. */
export function command(name: string, id: string, options: SharedOptions, ...more: string[]): string {
  const { store, taskQueue, dataConverter } = options;
  const flags = [
    ...(store === '.anthropic-batch' ? [] : ['--store', quote(store)]),
    ...(taskQueue === 'anthropic-batch' ? [] : ['--task-queue', quote(taskQueue)]),
    ...(dataConverter === undefined ? [] : ['--data-converter', quote(dataConverter)]),
  ];
  return `"${['anthropic-batch', name, quote(id), ...more, ...flags].join(' ')}"`;
}

/** Quotes a word for a shell. */
const quote = (word: string) => (/^[\w./:@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
