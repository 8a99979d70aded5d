/** For workers: the plugin, the stores, and the types that builders and specs need. Clients import `./client`. */

export { AnthropicBatchPlugin, type AnthropicBatchPluginOptions } from './plugin';
export type { Finding, PluginCheck } from './plugin-check';
export type { Builders, Document, RequestBuilder } from './spec/builder';
export type { Duration, InputFormat, JobOptions, JobSpec, OwnPrice, RequestSpec } from './spec/spec';
export { FileStore } from './store/file';
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
