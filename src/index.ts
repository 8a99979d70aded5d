/**
 * The entry point for workers: the plugin, the stores, and the types of builders and specs. Clients import
 * `./client`.
 */

export type { AnthropicClient, ClientMethod } from './anthropic/client';
export type { PriceLine, TokenKind, TokenPrices } from './cost/prices/prices';
export { AnthropicBatchError, type ErrorCode } from './errors/anthropic-batch-error';
export type { OnBudget } from './job/job';
export type { OnComplete } from './job/on-complete';
export { type Builders, type Document, defineBuilder, type RequestBuilder } from './job-spec/builder';
export type {
  NotInBatches,
  Placeholder,
  RequestParams,
  RequestTemplate,
  Templated,
} from './job-spec/params/types';
export type { Duration, InputFormat, JobOptions, JobSpec, OwnPrice, RequestSpec } from './job-spec/spec';
export { SpecError, type SpecProblem } from './job-spec/validation-errors';
export { AnthropicBatchPlugin, type AnthropicBatchPluginOptions } from './plugin';
export { FileStore } from './store/file/file-store';
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
export type { Webhook, Webhooks } from './webhook/webhook';
export type { Finding, PluginCheck } from './worker/plugin-check';
