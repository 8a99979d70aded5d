import { AsyncLocalStorage } from 'node:async_hooks';
import { afterAll, aroundEach } from 'vitest';

type Dispose = () => unknown;

const ofFile: Dispose[] = [];
/** The test in which the current call was made: several may run concurrently. */
const ofTest = new AsyncLocalStorage<{ disposals: Dispose[] }>();

/**
 * Runs `dispose` after the test, whatever its outcome, or after the file if called in `beforeAll`. The latest
 * runs first.
 */
export function own(dispose: Dispose): void {
  (ofTest.getStore()?.disposals ?? ofFile).push(dispose);
}

/** Runs `dispose` after the file, also if called in a test. */
export function ownForFile(dispose: Dispose): void {
  ofFile.push(dispose);
}

aroundEach(async (runTest) => {
  const disposals: Dispose[] = [];
  const current = { disposals };
  await ofTest.run(current, runTest);
  // A test that timed out may still start something.
  current.disposals = ofFile;
  await disposeAll(disposals);
}, 60_000);

afterAll(() => disposeAll(ofFile), 60_000);

async function disposeAll(disposals: Dispose[]): Promise<void> {
  const errors: unknown[] = [];
  for (const dispose of disposals.reverse()) {
    try {
      await dispose();
    } catch (error) {
      errors.push(error);
    }
  }
  disposals.length = 0;
  if (errors.length > 0) throw errors[0];
}
