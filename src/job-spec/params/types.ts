import type { MessageCreateParamsNonStreaming as BetaParams } from '@anthropic-ai/sdk/resources/beta/messages';
import type { MessageCreateParamsNonStreaming } from '@anthropic-ai/sdk/resources/messages';

/** Params of the SDK's types that batches do not take. */
export type NotInBatches = 'stream' | 'speed' | 'workspace_id';

/**
 * The params of one request: those of the Anthropic SDK's `messages.create`, without what batches do not
 * take. A value of the SDK's type `MessageCreateParamsNonStreaming` is one. The params that need a beta are
 * sent only in a job with `betas`.
 */
export type RequestParams =
  | Omit<MessageCreateParamsNonStreaming, NotInBatches>
  | Omit<BetaParams, NotInBatches | 'betas'>;

/** A text that is one placeholder, such as `{{text}}`, which a document's field replaces. */
export type Placeholder = `{{${string}}}`;

/**
 * The type of a value in a template: texts may contain placeholders, and one placeholder may stand for a
 * number, a boolean, an object or an array.
 */
export type Templated<T> = T extends string
  ? string extends T
    ? string
    : T | `${string}${Placeholder}${string}`
  : T extends null | undefined
    ? T
    : T extends readonly (infer Item)[]
      ? readonly Templated<Item>[] | Placeholder
      : T extends object
        ? { [Name in keyof T]: Templated<T[Name]> } | Placeholder
        : unknown extends T
          ? T
          : T | Placeholder;

/**
 * The template of a job's requests: `RequestParams` with placeholders, or one placeholder for all of them.
 */
export type RequestTemplate = Templated<RequestParams>;
