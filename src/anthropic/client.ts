import type Anthropic from '@anthropic-ai/sdk';

/** A method of an `Anthropic` client, with any signature: only which methods there are is compared. */
// biome-ignore lint/suspicious/noExplicitAny: the SDK's methods are generic and differ between its versions
export type ClientMethod = (...args: any[]) => unknown;

/**
 * An `Anthropic` client of `@anthropic-ai/sdk`. Described by its methods, because the SDK's class has private
 * members: TypeScript takes the classes of its ES module and of its CommonJS module for different ones.
 */
export interface AnthropicClient {
  /** The address of the API. */
  baseURL: string;
  /** The resource of the Messages API and its batches. */
  messages: {
    create: ClientMethod;
    countTokens: ClientMethod;
    batches: Record<'create' | 'retrieve' | 'list' | 'cancel' | 'delete' | 'results', ClientMethod>;
  };
}

/** Returns the client, if there is one, with the types that this package's copy of the SDK has. */
export const asAnthropic = (client: AnthropicClient | undefined) => client as Anthropic | undefined;
