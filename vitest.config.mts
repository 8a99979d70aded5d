import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const minutes = (n: number) => n * 60_000;

// The product is loaded as users load it: from dist/, through the package's exports, by Node itself.
const server = { deps: { external: [/\/dist\//] } };

/** Files that run for more than half a minute, the longest first. `npm test` ends with the slowest files. */
const LONG = [
  'workflow/outage',
  'workflow/in-flight',
  'workflow/a-day',
  'workflow/lost-answers',
  'workflow/lost-results',
  'replay/replay',
  'unit/cli/results',
  'chaos/chaos',
  'server/watching',
  'server/segments',
  'server/every-step',
  'server/cli',
  'server/secrets-gateway',
  'server/deaths',
  'server/control',
  'server/stuck',
  'server/resets',
  'server/worker-lacks',
  'server/client',
  'server/cli-demo',
  'package/install',
  'package/application',
  'package/readme',
];

/** Starts the long files before the others, so that none of them runs alone at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const index = LONG.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
      return index < 0 ? LONG.length : index;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}

/** Projects whose tests mostly compute. */
const local = { maxWorkers: 2, sequence: { groupOrder: 0 } } as const;

/** Projects whose tests mostly wait for timers, so that more files run at a time than there are cores. */
const servers = {
  maxWorkers: 3,
  pool: 'forks',
  testTimeout: minutes(5),
  sequence: { groupOrder: 1 },
} as const;

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    // Concurrent tests of one file.
    maxConcurrency: 4,
    projects: [
      {
        test: {
          ...local,
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          exclude: ['test/unit/activations/**'],
          pool: 'threads',
          testTimeout: minutes(1),
        },
      },
      {
        test: {
          ...local,
          name: 'activations',
          include: ['test/unit/activations/**/*.test.ts'],
          // The SDK's native parts, loaded in a thread, can end the whole process when the thread ends.
          pool: 'forks',
          testTimeout: minutes(5),
          hookTimeout: minutes(5),
        },
      },
      {
        test: {
          ...local,
          name: 'workflow',
          include: ['test/workflow/**/*.test.ts'],
          globalSetup: 'test/support/setup-workflow.ts',
          pool: 'forks',
          testTimeout: minutes(5),
          hookTimeout: minutes(5),
          server,
        },
      },
      {
        test: {
          ...local,
          name: 'replay',
          include: ['test/replay/**/*.test.ts'],
          globalSetup: 'test/support/setup-replay.ts',
          pool: 'forks',
          testTimeout: minutes(5),
        },
      },
      {
        test: {
          ...servers,
          name: 'server',
          include: ['test/server/**/*.test.ts'],
          globalSetup: 'test/support/setup-server.ts',
          hookTimeout: minutes(5),
          server,
        },
      },
      {
        test: {
          ...servers,
          name: 'package',
          include: ['test/package/**/*.test.ts'],
          globalSetup: 'test/support/setup-package.ts',
          hookTimeout: minutes(10),
        },
      },
      {
        test: {
          ...servers,
          name: 'chaos',
          include: ['test/chaos/**/*.test.ts'],
          globalSetup: 'test/support/setup-server.ts',
          server,
        },
      },
    ],
  },
});
