import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { workflowBundle } from './job-world';
import { tempDir } from './temp-dir';

/** Chunks of a segment in the workflows of `smallSegments`. */
const SMALL_SEGMENT = 8;

/**
 * The package's workflows with segments of 8 chunks, for tests of what happens to segments. One test runs
 * segments of the real size, which take minutes.
 */
export async function smallSegments(): Promise<{ codePath: string }> {
  const parts = (await readFile(workflowBundle.codePath, 'utf8')).split('exports.SEGMENT_CHUNKS = 250;');
  if (parts.length !== 2) throw new Error('The bundle does not set SEGMENT_CHUNKS to 250 exactly once.');
  const codePath = join(await tempDir(), 'workflow-bundle.js');
  await writeFile(codePath, parts.join(`exports.SEGMENT_CHUNKS = ${SMALL_SEGMENT};`));
  return { codePath };
}
