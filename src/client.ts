/**
 * The entry point for application code: starts jobs and reads their results through a plain Temporal
 * `Client`.
 */

export type { AnthropicClient, ClientMethod } from './anthropic/client';
export type { Message } from './anthropic/message';
export { BatchClient } from './client/batch-client';
export type { BudgetState, StoreBudgetOptions } from './client/costs/budget';
export type { CostGroup, Costs, CostsBy, CostsOptions, JobsCost } from './client/costs/costs';
export type { CountingOptions } from './client/costs/counting';
export type { EstimateOptions, EstimateSettings } from './client/costs/estimate';
export type { Deleted, DeleteOptions } from './client/delete/delete';
export type { Pruned, PruneOptions } from './client/delete/prune';
export {
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
export type { BatchOwner } from './client/find-batch';
export type { JobHandle } from './client/handle';
export { type FlatColumns, type FlatResult, flatResult } from './client/read/flat-result';
export type { FlatOptions } from './client/read/flat-results';
export type { FollowOptions } from './client/read/follow-results';
export type { ListOptions } from './client/read/list';
export type { OnCompleteState } from './client/read/on-complete-state';
export type { ParsedResult, ParseError, SucceededResult } from './client/read/parsed-results';
export { readResults } from './client/read/read-results';
export type { RetryingStep } from './client/read/retrying';
export type { SchemaIssue, SchemaResult, StandardSchema } from './client/read/standard-schema';
export type { ResultsOptions } from './client/read/stored-results';
export type {
  ScheduleChanges,
  ScheduleCreateOptions,
  ScheduleSettings,
  ScheduleTimes,
} from './client/schedules/schedule-options';
export type { ScheduleListing, Schedules } from './client/schedules/schedules';
export type { AdoptOptions } from './client/start/adopt';
export type { ExecuteOptions, Requests, ResultsOf } from './client/start/execute';
export type { RetryOptions } from './client/start/retry';
export { deleteStored, writeDocuments, writeJobSpec } from './client/start/stored-input';
export { registerSearchAttributes } from './client/temporal/attributes';
export type { ReconcileOptions, Reconciliation } from './client/temporal/reconcile';
export type { ResetWorkflow } from './client/temporal/reset';
export type {
  BatchClientOptions,
  DocumentsInput,
  FileInput,
  FilesInput,
  InputSource,
  JobListing,
  Result,
  StartOptions,
  StartOrGetOptions,
  StartSettings,
  StreamInput,
} from './client/types';
export type { Period } from './cost/budget/period';
export type { Cost, Spent } from './cost/cost';
export type { Amounts, Estimate, OverLimit, OverLimits } from './cost/estimate/estimate';
export type { Range } from './cost/estimate/range';
export {
  type PriceLine,
  type PriceList,
  type TokenKind,
  type TokenPrices,
  type Tokens,
  UnknownModelError,
} from './cost/prices/prices';
export { AnthropicBatchError, type ErrorCode } from './errors/anthropic-batch-error';
export type { ErrorCount } from './job/error-counts';
export type { StoredDocuments, StoredJobSpec } from './job/inputs';
export type {
  BatchInFlight,
  JobProgress,
  JobRef,
  JobSettings,
  JobState,
  JobSummary,
  OnBudget,
  OutcomeClass,
  ResultStatus,
  StatusCounts,
} from './job/job';
export type { LiveCounts } from './job/live';
export type { LostCounts } from './job/lost-answers';
export type { OddCounts, OddKind } from './job/odd-results';
export type { OnComplete } from './job/on-complete';
export type { StuckReason, StuckWorkflow, TaskFailures } from './job/stuck';
export type { Builders, Document, RequestBuilder } from './job-spec/builder';
export type {
  NotInBatches,
  Placeholder,
  RequestParams,
  RequestTemplate,
  Templated,
} from './job-spec/params/types';
export type { ScheduleRecord } from './job-spec/schedule';
export type {
  Duration,
  InputFormat,
  InputType,
  InputUnit,
  JobOptions,
  JobSpec,
  NormalizedSpec,
  OwnPrice,
  PlanSource,
  RequestSpec,
  StoredInput,
} from './job-spec/spec';
export { SpecError, type SpecProblem } from './job-spec/validation-errors';
export type { StoreBudget } from './records/budgets';
export type { InFlight } from './records/in-flight';
export type { Removed } from './records/removal';
export { SpecVersionError } from './records/stored-spec';
export { FileStore } from './store/file/file-store';
export { openStore } from './store/location';
export { S3Store, type S3StoreOptions } from './store/s3/s3-store';
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
