// schedules/: schedules that start jobs at set times. Start here.

import {
  ScheduleAlreadyRunning,
  type ScheduleDescription,
  type ScheduleHandle,
  ScheduleNotFoundError,
  type ScheduleOverlapPolicy,
} from '@temporalio/client';
import { poll } from '../../async/retry';
import type { DocumentSetInput } from '../../job/inputs';
import { DOCUMENT_SET } from '../../job/names';
import type { ScheduleRecord } from '../../job-spec/schedule';
import { show } from '../../job-spec/show';
import { TemplateReview } from '../../job-spec/template-review';
import { storeId } from '../../records/identity';
import { keys } from '../../records/keys';
import { putJson, readJson } from '../../store/json';
import { Undecodable } from '../../temporal/lenient-client';
import type { Context } from '../context';
import { OptionError, quoted, ScheduleError } from '../errors';
import { newInstance } from '../instance';
import { holdsOurs, registeredAttributes } from '../temporal/attributes';
import { isPassing } from '../temporal/grpc';
import { otherEncoding } from '../temporal/other-encoding';
import {
  catchup,
  type ScheduleChanges,
  type ScheduleCreateOptions,
  scheduleRecord,
  temporalSpec,
} from './schedule-options';
import { scheduleWarnings } from './schedule-warnings';

/** How often and how long the job of a trigger is asked for, in milliseconds. */
const STARTED = { every: 200, atMost: 5_000 };

/** The present state of a schedule. */
export interface ScheduleListing {
  /** The schedule's id. */
  id: string;
  paused: boolean;
  note?: string;
  /** The next times at which it fires. */
  next: Date[];
  /** The jobs of its latest firings, oldest first. */
  recent: { job: string; time: Date }[];
}

/**
 * Manages Temporal schedules that start jobs. A worker reads each firing's input, below its `--inputs`
 * location.
 */
export class Schedules {
  readonly #ready: () => Promise<Context>;

  /** @internal */
  constructor(ready: () => Promise<Context>) {
    this.#ready = ready;
  }

  /**
   * Creates a schedule. Warns about a template without a placeholder, about names in single braces, and about
   * firings that are probably unexpected.
   *
   * @throws {OptionError} {@link SpecError} {@link ScheduleError} if its id exists already.
   */
  async create(options: ScheduleCreateOptions): Promise<void> {
    const record = scheduleRecord(options.id, options);
    const catchupWindow = catchup(options.catchupWindow);
    const context = await this.#ready();
    const { key, action } = await stored(context, record);
    try {
      await context.client.schedule.create({
        scheduleId: record.id,
        spec: temporalSpec(record),
        action,
        policies: { overlap: options.overlap ?? 'SKIP', catchupWindow },
        state: { paused: options.startPaused ?? false },
      });
    } catch (error) {
      await forget(context, key, error);
      if (error instanceof ScheduleAlreadyRunning) {
        throw new ScheduleError(
          record.id,
          `A schedule ${quoted(record.id)} already exists. Update it, delete it first, or choose another id.`,
          { cause: error },
        );
      }
      throw refused(record, error);
    }
    warnOfTemplate(context, record);
    await warn(context, record);
    const other = await otherEncoding(context, `the schedule ${quoted(record.id)}`);
    if (other) context.warn(other);
  }

  /**
   * Changes the given settings and keeps the others. Firings that have started keep their spec.
   *
   * @throws {OptionError} {@link SpecError} {@link ScheduleError} if the schedule does not exist or belongs
   *   to another store.
   */
  async update(id: string, changes: ScheduleChanges): Promise<void> {
    const context = await this.#ready();
    const handle = context.client.schedule.getHandle(id);
    const before = await named(id, handle.describe());
    const record = scheduleRecord(id, changes, await this.#record(context, before));
    const catchupWindow = catchup(changes.catchupWindow);
    const { key, action } = await stored(context, record);
    try {
      await handle.update((previous) => ({
        spec: temporalSpec(record),
        action,
        policies: {
          overlap: changes.overlap ?? previous.policies.overlap,
          catchupWindow: catchupWindow ?? previous.policies.catchupWindow,
          pauseOnFailure: previous.policies.pauseOnFailure,
        },
        state: previous.state,
      }));
    } catch (error) {
      await forget(context, key, error);
      throw refused(record, error);
    }
    if (changes.spec) warnOfTemplate(context, record);
    await warn(context, record);
  }

  /** Returns the schedule's state and its record. Throws `ScheduleError` like `update`. */
  async get(id: string): Promise<ScheduleListing & { record: ScheduleRecord }> {
    const context = await this.#ready();
    const description = await named(id, context.client.schedule.getHandle(id).describe());
    return { ...listing(description), record: await this.#record(context, description) };
  }

  /** Yields all schedules of the namespace that start jobs. A new schedule may take a moment to appear. */
  async *list(): AsyncGenerator<ScheduleListing> {
    const { client } = await this.#ready();
    for await (const summary of client.schedule.list()) {
      if (summary.action?.workflowType === DOCUMENT_SET) yield listing(summary);
    }
  }

  /**
   * Pauses a schedule. Jobs that it started continue.
   *
   * @throws {ScheduleError} if the schedule does not exist.
   */
  pause(id: string, note?: string): Promise<void> {
    return this.#with(id, (schedule) => schedule.pause(note ?? 'Paused by temporal-anthropic-batch'));
  }

  /** Resumes a paused schedule. @throws {ScheduleError} if the schedule does not exist. */
  resume(id: string, note?: string): Promise<void> {
    return this.#with(id, (schedule) => schedule.unpause(note ?? 'Resumed by temporal-anthropic-batch'));
  }

  /**
   * Fires a schedule now, with now as the nominal time. By default (`ALLOW_ALL`), even while an earlier job
   * runs.
   *
   * @returns the id of the job that it started, or `undefined` if Temporal names none within 5 seconds. It
   *   may start one later, or none, as `overlap` says.
   * @throws {ScheduleError} if the schedule does not exist.
   */
  async trigger(id: string, options: { overlap?: ScheduleOverlapPolicy } = {}): Promise<string | undefined> {
    const { client } = await this.#ready();
    const schedule = client.schedule.getHandle(id);
    const started = async () =>
      (await schedule.describe()).info.recentActions.map(({ action }) => action.workflow.workflowId);
    const before = new Set(await named(id, started()));
    await named(id, schedule.trigger(options.overlap));
    return poll(async () => (await started()).findLast((job) => !before.has(job)), STARTED);
  }

  /** Fires now for each of the schedule's times between `start` and `end`. */
  async backfill(
    id: string,
    { start, end, overlap = 'BUFFER_ALL' }: { start: Date; end: Date; overlap?: ScheduleOverlapPolicy },
  ): Promise<void> {
    if (!(start < end)) {
      throw new OptionError(`\`start\` must be before \`end\` (got ${show(start)} and ${show(end)}).`);
    }
    await this.#with(id, (schedule) => schedule.backfill({ start, end, overlap }));
  }

  /** Deletes the schedule. Jobs that it started continue. */
  delete(id: string): Promise<void> {
    return this.#with(id, (schedule) => schedule.delete());
  }

  async #with(id: string, action: (schedule: ScheduleHandle) => Promise<void>): Promise<void> {
    const { client } = await this.#ready();
    await named(id, action(client.schedule.getHandle(id)));
  }

  async #record({ store }: Context, { scheduleId, action }: ScheduleDescription): Promise<ScheduleRecord> {
    const [input] = (action.args ?? []) as [DocumentSetInput?];
    if (input instanceof Undecodable) {
      throw new ScheduleError(
        scheduleId,
        `What the schedule ${quoted(scheduleId)} starts cannot be decoded (${input.reason}). Give the data ` +
          'converter that it was created with: --data-converter MODULE, or `dataConverter` of the Temporal ' +
          'client.',
      );
    }
    const firing = input?.firing;
    if (action.workflowType !== DOCUMENT_SET || !firing) {
      throw new ScheduleError(
        scheduleId,
        `The schedule ${quoted(scheduleId)} starts the workflow ${action.workflowType} and was not ` +
          'created by this package.',
      );
    }
    if (firing.store !== (await storeId(store))) {
      throw new ScheduleError(
        scheduleId,
        `The schedule ${quoted(scheduleId)} does not belong to the store ${store.location}. ` +
          'Use the store that it was created with.',
      );
    }
    return readJson<ScheduleRecord>(store, firing.spec);
  }
}

/** Writes the record under a new version, and returns the action that refers to it. */
async function stored({ client, store, taskQueue }: Context, record: ScheduleRecord) {
  const key = keys.schedule(record.id, newInstance());
  await putJson(store, key, record, { ifAbsent: true });
  const input: DocumentSetInput = {
    firing: { schedule: record.id, spec: key, store: await storeId(store) },
    waitForWorker: record.spec.waitForWorker,
    onComplete: record.spec.onComplete,
    searchAttributes: holdsOurs(await registeredAttributes(client)),
  };
  const action = {
    type: 'startWorkflow' as const,
    workflowType: DOCUMENT_SET,
    workflowId: record.id,
    taskQueue,
    args: [input],
    staticSummary: `Message Batches job of the schedule ${record.id}`,
  };
  return { key, action };
}

/** Warns about what is probably a mistake in the template. The documents do not exist yet. */
function warnOfTemplate(context: Context, { spec: { request } }: ScheduleRecord): void {
  if (!('template' in request)) return;
  for (const warning of new TemplateReview(request.template).withoutDocuments()) context.warn(warning);
}

/**
 * Warns about surprising firings. A failure of this check is only a warning too, because the schedule exists.
 */
async function warn(context: Context, record: ScheduleRecord): Promise<void> {
  const unknown = (error: unknown) => [
    `The check whether the schedule ${quoted(record.id)} fires twice or not at all when clocks ` +
      `change failed: ${(error as Error).message}`,
  ];
  for (const warning of await scheduleWarnings(context.client, record).catch(unknown)) context.warn(warning);
}

/**
 * Removes a record that the server refused. Keeps it after a transient error: the server may have accepted
 * it.
 */
async function forget({ store }: Context, key: string, error: unknown): Promise<void> {
  if (!isPassing(error)) await store.delete(key).catch(() => {});
}

function listing(
  schedule: Pick<ScheduleDescription, 'scheduleId' | 'state'> & {
    info: Pick<ScheduleDescription['info'], 'nextActionTimes' | 'recentActions'>;
  },
): ScheduleListing {
  const { scheduleId: id, state, info } = schedule;
  return {
    id,
    paused: state.paused,
    note: state.note || undefined,
    next: info.nextActionTimes,
    recent: info.recentActions.map(({ action, scheduledAt }) => ({
      job: action.workflow.workflowId,
      time: scheduledAt,
    })),
  };
}

async function named<T>(id: string, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    throw new ScheduleError(
      id,
      `There is no schedule ${quoted(id)} in this namespace. ` +
        '"anthropic-batch schedule list" shows the existing ones.',
      { cause: error },
    );
  }
}

/** Converts the SDK's `TypeError`, with which the server refuses a schedule's times, to an `OptionError`. */
function refused({ id, when }: ScheduleRecord, error: unknown): unknown {
  if (!(error instanceof TypeError)) return error;
  return new OptionError(
    `The server refused the schedule ${quoted(id)} (${JSON.stringify(when)}): ${error.message}.`,
    { cause: error },
  );
}
