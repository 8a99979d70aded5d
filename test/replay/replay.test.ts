import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporal } from '@temporalio/proto';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';
import { root } from '../support/root';

const { History } = temporal.api.history.v1;
const folder = join(__dirname, 'histories');
const releases = readdirSync(folder);

const filesOf = (release: string) => readdirSync(join(folder, release)).filter((it) => it.endsWith('.json'));
const textOf = (release: string, file: string) => readFileSync(join(folder, release, file), 'utf8');

beforeAll(() => {
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { filter: 'OFF' } },
  });
});

/** What is wrong with each history that does not replay, in a sentence. */
async function replay(
  workflowBundle: WorkflowBundle | { codePath: string },
  release: string,
  files: string[],
): Promise<string[]> {
  const histories = files.map((file) => {
    const recorded = JSON.parse(textOf(release, file));
    return { workflowId: recorded.workflowId as string, history: History.fromObject(recorded) };
  });
  const problems: string[] = [];
  let replayed = 0;
  for await (const { error } of Worker.runReplayHistories({ workflowBundle }, histories)) {
    const file = files[replayed];
    replayed += 1;
    if (error) {
      problems.push(
        `${release}/${file} does not replay: a job that ${release} started would get stuck under this code. ` +
          `Guard the change with patched(), or record the history anew if ${release} was never published. ${error.message}`,
      );
    }
  }
  expect(replayed).toBe(files.length);
  return problems;
}

it('there are histories to replay', () => expect(releases).not.toEqual([]));

describe.each(releases)('the histories of %s', (release) => {
  it('replay with the workflows as they are now', async () => {
    const codePath = join(root, 'dist', 'workflow-bundle.js');
    expect(await replay({ codePath }, release, filesOf(release))).toEqual([]);
  });

  it('do not replay with workflows that do something else', async () => {
    const workflowBundle = await bundleWorkflowCode({
      workflowsPath: join(__dirname, 'altered-workflows.js'),
      logger: new DefaultLogger('ERROR'),
    });
    const files = filesOf(release);
    const problems = await replay(workflowBundle, release, files);
    expect(problems).toHaveLength(files.length);
    for (const problem of problems) expect(problem).toMatch(/does not replay.*patched\(\).*Nondeterminism/s);
  });

  it('are of every way that a job can take', () => {
    const all = filesOf(release)
      .map((file) => textOf(release, file))
      .join('');
    for (const trace of [
      'anthropicDocumentSet',
      'anthropicMessageBatch',
      'anthropicSubmit',
      'anthropicReconcile',
      'anthropicCancel',
      'anthropicPause',
      'anthropicResumeChunk',
      'TemporalScheduledStartTime',
      'EVENT_TYPE_ACTIVITY_TASK_FAILED',
      'EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES',
      'EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED',
      'EVENT_TYPE_WORKFLOW_EXECUTION_FAILED',
      'EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED',
    ]) {
      expect(all, trace).toContain(trace);
    }
  });

  it('name no machine, no process, no folder, and no document', () => {
    for (const file of filesOf(release)) {
      const history = JSON.parse(textOf(release, file), (key, value) =>
        key === 'data' ? Buffer.from(value, 'base64').toString('utf8') : value,
      );
      const text = JSON.stringify(history);
      expect(text, file).not.toMatch(/\d@|\/(home|root|tmp|work|Users|usr|opt)\/|node_modules|Sum up/);
    }
  });
});
