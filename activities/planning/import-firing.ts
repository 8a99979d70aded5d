import { fileTypeOf, storedAs } from '../../src/input/format';
import { importFile } from '../../src/input/import';
import { UnreadableFileError } from '../../src/input/unreadable-file';
import type { ScheduledFiring } from '../../src/job/activity-types';
import { FAILURE } from '../../src/job/failure';
import type { JobRef } from '../../src/job/job';
import { inputFor, isInputOfOneTime, type ScheduleRecord } from '../../src/job-spec/schedule';
import { type InFlight, inFlightText } from '../../src/records/in-flight';
import { keys } from '../../src/records/keys';
import { writeSpec } from '../../src/records/stored-spec';
import { announceSuccessor } from '../../src/records/successors';
import { createOnce, findJson, readJson } from '../../src/store/json';
import { ifAbsent, putIfAbsent } from '../../src/store/optional';
import { DamagedKeyError, KeyNotFoundError } from '../../src/store/store';
import { abortable } from '../runtime/context';
import type { ActivityDeps } from '../runtime/deps';
import { StepError } from '../runtime/failure';

/**
 * Creates a job for a schedule's firing: copies the input of its nominal time from the worker's `--inputs`
 * into the store, and the schedule's spec with it. An existing copy stays: the input of a job never changes.
 *
 * @throws non-retryable failures if the input does not exist, if a firing of another nominal time took it, or
 *   if an earlier job of this time left requests in flight
 */
export async function importFiring(
  deps: ActivityDeps,
  job: JobRef,
  firing: ScheduledFiring,
  signal: AbortSignal,
): Promise<void> {
  const record = await readJson<ScheduleRecord>(deps.store, firing.spec);
  const path = inputFor(record, firing.time);
  if (!deps.inputs) {
    throw new StepError(
      FAILURE.noInputs,
      `The schedule ${firing.schedule} needs the input ${path}, but this worker has no input folder or ` +
        'prefix. Start it with --inputs LOCATION.',
    );
  }
  const once = isInputOfOneTime(record);
  const claim: InputClaim = { job: job.id, time: firing.time };
  const key = keys.scheduleInput(firing.schedule, path);
  if (once) assertOwn(firing, path, await findJson<InputClaim>(deps.store, key));
  const stored = storedAs(record);
  try {
    const type = fileTypeOf(path, record);
    const source = importFile({ source: deps.inputs, key: path, name: path, type });
    await putIfAbsent(deps.store, keys.input(job, stored.format), abortable(source, signal));
  } catch (error) {
    if (error instanceof KeyNotFoundError) {
      throw new StepError(
        FAILURE.inputNotFound,
        `The input ${path} of the schedule ${firing.schedule}, firing of ${firing.time}, does not ` +
          `exist in ${deps.inputs.location}. ` +
          'Put it there and backfill the schedule for that time.',
        { final: true },
      );
    }
    if (error instanceof DamagedKeyError && error.key === path) {
      throw new StepError(
        FAILURE.inputInvalid,
        `The input ${path} of the schedule ${firing.schedule}, firing of ${firing.time}, cannot be ` +
          `read in ${deps.inputs.location}: ` +
          `${error.problem}. Put a regular file there and backfill the schedule for that time.`,
        { final: true },
      );
    }
    if (error instanceof UnreadableFileError) {
      throw new StepError(
        FAILURE.inputInvalid,
        `The input ${path} of the schedule ${firing.schedule}, firing of ${firing.time}, cannot be ` +
          `read in ${deps.inputs.location}: ${error.message}. Then backfill the schedule for that time.`,
        { final: true },
      );
    }
    throw error;
  }
  // Only an existing input is claimed.
  if (once) assertOwn(firing, path, (await createOnce(deps.store, key, claim)).value);
  assertNothingLeft(job, firing, await announceSuccessor(deps.store, job));
  await ifAbsent(
    writeSpec(deps.store, job, {
      ...record.spec,
      id: job.id,
      source: { kind: 'input', ...stored },
      schedule: firing.schedule,
    }),
  );
}

/** The firing that took an input first. */
interface InputClaim {
  job: string;
  /** The nominal time. A backfill of the same time takes the input again. */
  time: string;
}

function assertOwn(
  { schedule, time }: ScheduledFiring,
  path: string,
  standing: InputClaim | undefined,
): void {
  if (!standing || standing.time === time) return;
  throw new StepError(
    FAILURE.sameInput,
    `Skipped: the firing of ${time} of the schedule ${schedule} has the same input ${path} as that of ` +
      `${standing.time}, the job ${standing.job}. ` +
      'Nothing was sent. If each firing has its own input, add {time} or {offset} to the path. ' +
      'Otherwise set allowSameInput (--allow-same-input). ' +
      `To resend it, backfill the schedule for ${standing.time}.`,
    { final: true },
  );
}

/** Refuses a firing whose time an earlier job had that was cut short, such as one that is now backfilled. */
function assertNothingLeft(
  { id }: JobRef,
  { schedule, time }: ScheduledFiring,
  inFlight: readonly InFlight[],
): void {
  if (inFlight.length === 0) return;
  throw new StepError(
    FAILURE.inFlight,
    `Skipped: an earlier firing of ${time} of the schedule ${schedule} left ${inFlightText(inFlight)} in ` +
      `flight. Nothing was sent. Collect it with "anthropic-batch reconcile --job ${id}". To send everything ` +
      'again after that, backfill the schedule for that time.',
    { final: true },
  );
}
