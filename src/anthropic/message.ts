/** An answer of the Messages API, in the official SDK's type. A type alone: whoever imports it does not load the SDK. */
export type { Message } from '@anthropic-ai/sdk/resources/messages';
