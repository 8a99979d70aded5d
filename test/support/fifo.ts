import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Makes a FIFO that nobody writes into: opening it for reading waits for a writer, and so does every read. */
export async function makeFifo(path: string): Promise<void> {
  await promisify(execFile)('mkfifo', [path]);
}
