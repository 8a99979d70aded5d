/** For application code: starts jobs and reads their results over a plain `@temporalio/client` `Client`. */

export type { Message } from './anthropic/message';
export type { AdoptOptions } from './client/adopt';
export { registerSearchAttributes } from './client/attributes';
export { BatchClient } from './client/batch-client';
export type { BudgetState, StoreBudgetOptions } from './client/budget';
export type { CostGroup, Costs, CostsBy, CostsOptions, JobsCost } from './client/costs';
export type { Deleted, DeleteOptions } from './client/delete';
export {
  BatchClientError,
  EstimateError,
  InputSourceError,
  JobCanceledError,
  JobExistsError,
  JobFailedError,
  JobInFlightError,
  JobNotFoundError,
  JobStateError,
  NoWorkerError,
  OptionError,
  ScheduleError,
  SearchAttributeError,
} from './client/errors';
export type { EstimateOptions, EstimateSettings } from './client/estimate';
export type { ExecuteOptions, RequestParams, Requests, ResultsOf } from './client/execute';
export type { JobHandle } from './client/handle';
export type { InFlight } from './client/in-flight';
export type { Pruned, PruneOptions } from './client/prune';
export type { ReconcileOptions, Reconciliation } from './client/reconcile';
export type { ResetWorkflow } from './client/reset';
export type { RetryOptions } from './client/retry';
export type { RetryingStep } from './client/retrying';
export type {
  ScheduleChanges,
  ScheduleCreateOptions,
  ScheduleSettings,
  ScheduleTimes,
} from './client/schedule-options';
export type { ScheduleListing, Schedules } from './client/schedules';
export type { ResultsOptions } from './client/stored-results';
export type {
  BatchClientOptions,
  InputSource,
  JobListing,
  Result,
  StartOptions,
  StartSettings,
} from './client/types';
export type { Cost, Spent } from './cost/cost';
export type { Amounts, Estimate, OverLimit, OverLimits } from './cost/estimate';
export type { Period } from './cost/period';
export { type TokenKind, type Tokens, UnknownModelError } from './cost/prices';
export type { Range } from './cost/range';
export type { ErrorCount } from './job/error-counts';
export type {
  JobProgress,
  JobRef,
  JobState,
  JobSummary,
  OnBudget,
  OutcomeClass,
  ResultStatus,
  StatusCounts,
} from './job/job';
export type { OddCounts, OddKind } from './job/odd-results';
export type { StuckReason, StuckWorkflow } from './job/stuck';
export { SpecError, type SpecProblem } from './spec/errors';
export type { Duration, InputFormat, JobOptions, JobSpec, OwnPrice, RequestSpec } from './spec/spec';
export { FileStore } from './store/file';
export { openStore } from './store/location';
export { S3Store, type S3StoreOptions } from './store/s3';
export {
  DamagedKeyError,
  KeyExistsError,
  KeyNotFoundError,
  type Store,
  type StoreEntry,
  StoreError,
  StoreLocationError,
  type StoreSource,
} from './store/store';
