/** An answer of the Messages API, as the official SDK's type. Importing the type does not load the SDK. */
export type { Message } from '@anthropic-ai/sdk/resources/messages';
