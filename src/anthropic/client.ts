import type Anthropic from '@anthropic-ai/sdk';

// biome-ignore lint/suspicious/noExplicitAny: only which methods there are is compared, not their signatures
type Method = (...args: any[]) => unknown;

/**
 * An `Anthropic` client of `@anthropic-ai/sdk`. Described by its methods, because the SDK's class has private
 * members: TypeScript takes the classes of its ES module and of its CommonJS module for different ones.
 */
export interface AnthropicClient {
  baseURL: string;
  messages: {
    create: Method;
    countTokens: Method;
    batches: Record<'create' | 'retrieve' | 'list' | 'cancel' | 'delete' | 'results', Method>;
  };
}

/** Returns the client, if there is one, with the types that this package's copy of the SDK has. */
export const asAnthropic = (client: AnthropicClient | undefined) => client as Anthropic | undefined;
