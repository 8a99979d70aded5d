/**
 * Replays the recorded histories with the current workflows. `scripts/record-histories.mjs` records
 * them, and CONTRIBUTING.md says when.
 */
import { join } from 'node:path';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import * as workflows from 'temporal-anthropic-batch/workflows';
import { beforeAll, describe, expect, test } from 'vitest';
import manifest from '../../package.json';
import {
  type RecordedHistory,
  recordedHistories,
  recordedScenarios,
  recordedText,
  recordedVersions,
} from '../support/histories';
import { root } from '../support/root';

/** The types of this package's workflows. */
const workflowTypes = Object.keys(workflows)
  .filter((name) => name.startsWith('anthropic'))
  .sort();

const workflowBundle = { codePath: join(root, 'dist', 'workflow-bundle.js') };

beforeAll(() => {
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { filter: 'OFF' } },
  });
});

/** Replays histories, and returns what is wrong with each in a sentence: `undefined` if it replays. */
async function replay(histories: readonly RecordedHistory[]): Promise<(string | undefined)[]> {
  const problems: (string | undefined)[] = [];
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle }, histories)) {
    expect(workflowId).toBe(histories[problems.length]!.workflowId);
    problems.push(error && `${workflowId}: ${error.message}`);
  }
  expect(problems).toHaveLength(histories.length);
  return problems;
}

/** Names another activity where a workflow scheduled its first one. Returns false if it scheduled none. */
function change({ history }: RecordedHistory): boolean {
  const scheduled = history.events.find((event) => event.activityTaskScheduledEventAttributes);
  if (scheduled) scheduled.activityTaskScheduledEventAttributes!.activityType!.name = 'anthropicOther';
  return scheduled !== undefined;
}

/** Traces of the paths that the histories of every version take. */
const TRACES = [
  'anthropicSendLive',
  'anthropicReconcile',
  'anthropicCollectOrphans',
  'anthropicWriteOff',
  'anthropicCancel',
  'anthropicAwaitRequest',
  'anthropicAwaitBudget',
  'anthropicPing',
  'anthropicSegmentNews',
  'TemporalScheduledStartTime',
  'WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW',
  'EVENT_TYPE_ACTIVITY_TASK_FAILED',
  'EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED',
  'EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED',
  'EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TERMINATED',
  'EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_CANCEL_REQUESTED',
  'EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES',
  'EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED',
  'EVENT_TYPE_WORKFLOW_EXECUTION_FAILED',
  'EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED',
];

test('this version has histories', () => expect(recordedVersions()).toContain(manifest.version));

describe.each(recordedVersions())('the histories of %s', (version) => {
  const scenarios = recordedScenarios(version);

  test.each(scenarios)('%s replays', async (scenario) => {
    expect(
      (await replay(recordedHistories(version, scenario))).filter((problem) => problem !== undefined),
      `Jobs that ${version} started would get stuck under this code. Guard the change with patched(), or ` +
        `record the histories again if ${version} was never published.`,
    ).toEqual([]);
  });

  test.each(scenarios)('%s does not replay after a change', async (scenario) => {
    const histories = recordedHistories(version, scenario).filter(change);
    expect(histories).not.toEqual([]);
    for (const problem of await replay(histories)) expect(problem).toMatch(/TMPRL1100/);
  });

  test('are of every workflow, and of every path', () => {
    const all = scenarios.map((scenario) => recordedText(version, scenario)).join('');
    const types = new Set([...all.matchAll(/"workflowType":\{"name":"(\w+)"\}/g)].map(([, type]) => type));
    expect([...types].sort()).toEqual(workflowTypes);
    expect(TRACES.filter((trace) => !all.includes(trace))).toEqual([]);
  });

  test.each(scenarios)('%s names no machine, process, folder, key or text', (scenario) => {
    const identities = new Set<string>();
    const recorded = JSON.parse(recordedText(version, scenario), (key, value) => {
      if (key === 'identity') identities.add(value);
      return key === 'data' ? Buffer.from(value, 'base64').toString('utf8') : value;
    });
    const known = /^(client|worker|history-service|history-resetter|temporal-scheduler-default-\w+)$/;
    expect([...identities].filter((identity) => !known.test(identity))).toEqual([]);
    expect(JSON.stringify(recorded)).not.toMatch(
      /[/\\](home|root|tmp|work|Users|usr|opt|var)[/\\]|node_modules|[\w-]@|test-key|Sum up|127\.0\.0\.1|localhost/,
    );
  });
});
