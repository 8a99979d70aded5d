import { afterAll, afterEach, beforeEach } from 'vitest';

type Dispose = () => unknown;

const ofFile: Dispose[] = [];
let ofTest: Dispose[] | undefined;

/**
 * Runs `dispose` after the test, whatever its outcome, or after the file if called in `beforeAll`. The latest
 * runs first. Not for concurrent tests.
 */
export function own(dispose: Dispose): void {
  (ofTest ?? ofFile).push(dispose);
}

beforeEach(() => {
  ofTest = [];
});

afterEach(async () => {
  const disposals = ofTest ?? [];
  ofTest = undefined;
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
