import { readFile } from 'node:fs/promises';
import { readResults, writeDocuments } from 'temporal-anthropic-batch/client';

/** Creates activities that write a job's documents into the store, and read its results from it. */
export function createActivities({ store }) {
  return {
    /** Only the returned reference passes through Temporal. */
    async loadReviews(file) {
      const lines = (await readFile(file, 'utf8')).split('\n').filter(Boolean);
      return await writeDocuments(
        store,
        lines.map((line) => JSON.parse(line)),
      );
    },

    async countVerdicts(summary) {
      const counts = {};
      for await (const { status } of readResults(store, summary)) {
        counts[status] = (counts[status] ?? 0) + 1;
      }
      return counts;
    },
  };
}
