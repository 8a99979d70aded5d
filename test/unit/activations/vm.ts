/** Drives the SDK's own workflow VM, activation by activation, as core and the server would. */
import { join } from 'node:path';
import { Script } from 'node:vm';
import { TypedSearchAttributes } from '@temporalio/common';
import { coresdk } from '@temporalio/proto';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { parseWorkflowCode } from '@temporalio/worker/lib/worker';
import type { Workflow } from '@temporalio/worker/lib/workflow/interface';
import { ReusableVMWorkflowCreator } from '@temporalio/worker/lib/workflow/reusable-vm';
import { type Command, Core, type Event, type Job } from './core';
import { payloads, readable } from './payloads';

const { WorkflowActivation } = coresdk.workflow_activation;

/** The workflows of a bundle, loaded once. */
export type Workflows = ReusableVMWorkflowCreator;

export async function load(workflowsFile: string, interceptorFile: string): Promise<Workflows> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(__dirname, workflowsFile),
    workflowInterceptorModules: [join(__dirname, interceptorFile)],
    logger: new DefaultLogger('ERROR'),
  });
  const bundle = parseWorkflowCode(code);
  // Created as in the SDK, without the hook that keeps a stack trace for each promise and takes 90 % of the
  // time.
  const script = new Script(code, { filename: bundle.filename });
  return new ReusableVMWorkflowCreator(script, bundle, 5_000, new Set());
}

export interface Start {
  type: string;
  args: unknown[];
  /** The names of its interceptors, which `interceptors.ts` reads. */
  interceptors: string;
  workflowId?: string;
  parent?: { workflowId: string; runId: string };
}

/** Events that core passes to the workflow at a time, and the workflow's time then, in milliseconds. */
export interface Activation {
  events: readonly Event[];
  time: number;
}

let runs = 0;

/** One workflow in a VM. */
export class Run {
  readonly core = new Core();
  readonly #runId = `run-${runs++}`;
  #historyLength = 3;

  readonly #workflow: Workflow;

  private constructor(workflow: Workflow, runId: string) {
    this.#workflow = workflow;

    this.#runId = runId;
  }

  static async create(workflows: Workflows, start: Start, time: number): Promise<Run> {
    const runId = `run-${runs++}`;
    const workflow = await workflows.createWorkflow({
      info: {
        workflowId: start.workflowId ?? 'job',
        runId,
        workflowType: start.type,
        searchAttributes: {},
        typedSearchAttributes: new TypedSearchAttributes(),
        parent: start.parent && { ...start.parent, namespace: 'default' },
        originalExecutionRunId: 'first-run',
        root: undefined,
        taskQueue: start.interceptors,
        namespace: 'default',
        firstExecutionRunId: 'first-run',
        startTime: new Date(time),
        runStartTime: new Date(time),
        taskTimeoutMs: 10_000,
        attempt: 1,
        historyLength: 3,
        historySize: 300,
        continueAsNewSuggested: false,
        targetWorkerDeploymentVersionChanged: false,
        suggestedContinueAsNewReasons: undefined,
        currentBuildId: '',
        currentDeploymentVersion: undefined,
        unsafe: {
          now: () => time,
          isReplaying: false,
          isReplayingHistoryEvents: false,
          random: { random: Math.random, uuid4: () => '' } as never,
        },
        priority: undefined as never,
      },
      randomnessSeed: [1, 2, 3, 4, 5, 6, 7, 8],
      now: time,
      showStackTraceSources: false,
      failureExceptionTypeNames: [],
    });
    return new Run(workflow, runId);
  }

  /**
   * Runs one workflow task, with its events in a number of activations. Returns the commands that it sends.
   */
  async task(...activations: readonly Activation[]): Promise<Command[]> {
    for (const { events, time } of activations) {
      let jobs = this.core.jobs(events);
      while (jobs.length > 0) jobs = this.core.take(await this.#activate(jobs, time));
    }
    return this.core.send();
  }

  dispose(): Promise<void> {
    return this.#workflow.dispose();
  }

  async #activate(jobs: Job[], time: number) {
    this.#historyLength += jobs.length;
    const { successful, failed } = await this.#workflow.activate(
      WorkflowActivation.fromObject({
        runId: this.#runId,
        timestamp: { seconds: Math.floor(time / 1000), nanos: (time % 1000) * 1_000_000 },
        historyLength: this.#historyLength,
        historySizeBytes: 1_000,
        jobs,
      }),
    );
    await this.#workflow.getAndResetSinkCalls();
    if (failed) {
      throw new Error(`The workflow task failed: ${JSON.stringify(readable(failed.failure), undefined, 2)}`);
    }
    return successful?.commands ?? [];
  }
}

/** The first event of every history. */
export function started(start: Start, time: number): Event {
  return {
    name: 'start',
    job: {
      initializeWorkflow: {
        workflowType: start.type,
        workflowId: start.workflowId ?? 'job',
        arguments: payloads(...start.args),
        startTime: { seconds: Math.floor(time / 1000) as never, nanos: 0 },
        firstExecutionRunId: 'first-run',
        attempt: 1,
      },
    },
  };
}
