import type { PlannedDocument, PlannedJob } from './jobs';
import type { Random } from './random';

/** Chunks. More than a workflow carries itself, so that the job has segments. */
const CHUNKS = 256;

/** One of this many chunks has something to send. */
const SPARSE = 32;

/**
 * Plans a job with more chunks than one workflow carries. It is cheap: most documents are too large to be
 * sent, and their chunks take one step.
 */
export function planSegmented(
  random: Random,
  number: number,
): Pick<PlannedJob, 'documents' | 'chunkSize' | 'chunkBytes' | 'maxBatchesInFlight'> {
  const chunkBytes = 1_000;
  const sent = random.int(0, SPARSE - 1);
  const documents = Array.from({ length: CHUNKS }, (_, index): PlannedDocument => {
    const isSent = index % SPARSE === sent;
    return {
      id: `doc-${index}`,
      text: `Of chaos: job ${number} document ${index}${isSent ? '' : 'x'.repeat(chunkBytes)}`,
      expected: isSent ? 'succeeded' : 'unsendable',
    };
  });
  return { documents, chunkSize: 1, chunkBytes, maxBatchesInFlight: random.pick([8, 40]) };
}
