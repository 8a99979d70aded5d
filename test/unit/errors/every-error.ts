import * as client from '../../../src/client';
import type { AnthropicBatchError, ErrorCode } from '../../../src/errors/anthropic-batch-error';
import { MemoryStore } from '../../support/memory-store';

const store = new MemoryStore();

/** An error of each class, by its code. */
export const ERRORS: Record<ErrorCode, AnthropicBatchError> = {
  DAMAGED_KEY: new client.DamagedKeyError(store, 'a/b', 'it is empty'),
  ESTIMATE: new client.EstimateError('m'),
  INPUT_SOURCE: new client.InputSourceError('m'),
  JOB_CANCELED: new client.JobCanceledError('j', undefined),
  JOB_EXISTS: new client.JobExistsError('j', 'r'),
  JOB_FAILED: new client.JobFailedError('j', 'r', undefined),
  JOB_IN_FLIGHT: new client.JobInFlightError('j', 'k', []),
  JOB_NOT_FOUND: new client.JobNotFoundError('j', 's'),
  JOB_STATE: new client.JobStateError('j', 'm'),
  KEY_EXISTS: new client.KeyExistsError(store, 'a/b'),
  KEY_NOT_FOUND: new client.KeyNotFoundError(store, 'a/b'),
  NO_WORKER: new client.NoWorkerError('m'),
  OPTION: new client.OptionError('m'),
  SCHEDULE: new client.ScheduleError('s', 'm'),
  SEARCH_ATTRIBUTE: new client.SearchAttributeError('j', 'a', 'n'),
  SPEC: new client.SpecError([{ option: 'o', message: 'm' }]),
  SPEC_VERSION: new client.SpecVersionError('m', 'a/b'),
  STORE: new client.StoreError('m', 'a/b'),
  STORE_LOCATION: new client.StoreLocationError('m'),
  UNKNOWN_MODEL: new client.UnknownModelError('m', []),
};
