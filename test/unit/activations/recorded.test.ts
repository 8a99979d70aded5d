/** The workflows' recorded histories, with the events of each task in one activation and in several. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import manifest from '../../../package.json';
import { recordedHistories, recordedScenarios } from '../../support/histories';
import { compareTasks } from './path';
import { recordedEvents, recordedStart, recordedTasks } from './recorded';
import { load, type Workflows } from './vm';

let workflows: Workflows;
beforeAll(async () => {
  workflows = await load('../../../workflows/index.ts', 'interceptors.ts');
}, 600_000);
afterAll(() => workflows.destroy());

const { version } = manifest;

/** The scenarios in which a workflow task has several events. */
const scenarios = recordedScenarios(version).filter((scenario) =>
  recordedHistories(version, scenario).some((recorded) => recordedTasks(recorded).length > 0),
);

test.each(scenarios)('%s: the commands are the same in two activations and in one', async (scenario) => {
  let pairs = 0;
  for (const recorded of recordedHistories(version, scenario)) {
    const start = recordedStart(recorded);
    const read = recordedEvents(recorded, start);
    const tasks = recordedTasks(recorded);
    const taken = await compareTasks(
      workflows,
      start,
      start.time,
      'stale',
      'kinds of commands',
      ({ run }) => {
        const task = tasks.shift();
        const events = task?.events.flatMap((event) => read(event, run.core) ?? []);
        return task && events && { events, time: task.time, early: events.length - 1 };
      },
    );
    pairs += taken.pairs;
  }
  expect(pairs).toBeGreaterThan(0);
});
