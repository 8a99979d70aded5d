import type { SharedOptions } from '../options';

/** A command about a job, as a person would type it to reach the same job. */
export function command(name: string, id: string, options: SharedOptions, ...more: string[]): string {
  const { store, taskQueue } = options;
  const flags = [
    ...(store === '.anthropic-batch' ? [] : ['--store', quote(store)]),
    ...(taskQueue === 'anthropic-batch' ? [] : ['--task-queue', quote(taskQueue)]),
  ];
  return `"${['anthropic-batch', name, quote(id), ...more, ...flags].join(' ')}"`;
}

/** A word as a shell takes it. */
const quote = (word: string) => (/^[\w./:@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
