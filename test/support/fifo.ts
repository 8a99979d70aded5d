import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Creates a FIFO without a writer: opening it for reading blocks, and so does every read. */
export async function makeFifo(path: string): Promise<void> {
  await promisify(execFile)('mkfifo', [path]);
}
