import type { JudgedRows, Taken } from '../../src/anthropic/judged-rows';
import type { ScratchIndex } from '../../src/scratch/scratch-index';
import { abortable } from '../runtime/context';

/**
 * Copies a download of a batch to local disk, because results come in any order and are needed in document
 * order. Adds the row of each document to the index, and calls `onTaken` for it.
 */
export async function indexRows(
  index: ScratchIndex,
  download: AsyncIterable<Uint8Array>,
  rows: JudgedRows,
  signal: AbortSignal,
  onTaken: (taken: Taken) => void,
): Promise<void> {
  rows.next();
  await index.copy(abortable(download, signal), (line) => {
    const taken = rows.take(line);
    if (!taken) return undefined;
    onTaken(taken);
    return { number: taken.number, start: taken.line.start, length: taken.line.bytes.length };
  });
}
