import type Anthropic from '@anthropic-ai/sdk';
import type { ApiVersion } from '../auth';
import type { AnyParams } from './text';

type Known = keyof Anthropic.Beta.Messages.MessageCreateParams | keyof Anthropic.MessageCreateParams;

/**
 * Fields allowed in params. `betas`, `workspace_id` and `user_profile_id` are headers in the SDK's types, not
 * fields.
 */
const FIELDS: ReadonlySet<string> = new Set([
  'max_tokens',
  'messages',
  'model',
  'billing_policy',
  'cache_control',
  'compaction',
  'container',
  'context_management',
  'diagnostics',
  'fallback_credit_token',
  'fallbacks',
  'inference_geo',
  'mcp_servers',
  'metadata',
  'output_config',
  'output_format',
  'service_tier',
  'speed',
  'stop_sequences',
  'stream',
  'system',
  'thinking',
  'thread',
  'tool_choice',
  'tools',
  'user_profile_id',
] satisfies Known[]);

/** Sampling fields that the API accepted before version 2026-10-21, with their bounds. */
const SAMPLING: Record<string, [low: number, high: number]> = {
  temperature: [0, 1],
  top_p: [0, 1],
  top_k: [0, Number.MAX_SAFE_INTEGER],
};

/**
 * Returns why the API rejects params, in its words, or `undefined` if it accepts them. The Messages endpoint
 * replies with it. In a batch, it shows only in the results.
 */
export function refusal(params: AnyParams, version: ApiVersion, inBatch: boolean): string | undefined {
  const { model, max_tokens: limit, messages } = params;
  if (model === undefined) return 'model: Field required';
  if (typeof model !== 'string' || model === '') return 'model: Input should be a valid string';
  if (limit === undefined) return 'max_tokens: Field required';
  if (!Number.isInteger(limit)) return 'max_tokens: Input should be a valid integer';
  if ((limit as number) < 1) return 'max_tokens: Input should be greater than or equal to 1';
  if (messages === undefined) return 'messages: Field required';
  if (!Array.isArray(messages)) return 'messages: Input should be a valid list';
  if (messages.length === 0) return 'messages: at least one message is required';
  return (
    refusedMessage(messages) ??
    refusedField(params, version, inBatch) ??
    refusedContent('system', params.system, true)
  );
}

function refusedMessage(messages: unknown[]): string | undefined {
  for (const [index, message] of messages.entries()) {
    const { role, content } = (message ?? {}) as { role?: unknown; content?: unknown };
    if (role !== 'user' && role !== 'assistant' && role !== 'system') {
      return `messages.${index}.role: Input should be 'user', 'assistant' or 'system'`;
    }
    if (content === undefined) return `messages.${index}.content: Field required`;
    const last = index === messages.length - 1;
    const refused = refusedContent(`messages.${index}.content`, content, last && role === 'assistant');
    if (refused) return refused;
  }
  return undefined;
}

function refusedContent(path: string, content: unknown, mayBeEmpty: boolean): string | undefined {
  if (content === undefined) return undefined;
  if (typeof content === 'string') {
    return content === '' && !mayBeEmpty ? `${path}: text content must be non-empty` : undefined;
  }
  if (!Array.isArray(content)) return `${path}: Input should be a valid string or list`;
  if (content.length === 0 && !mayBeEmpty) return `${path}: content must be non-empty`;
  for (const [index, block] of content.entries()) {
    const refused = refusedBlock(`${path}.${index}`, block);
    if (refused) return refused;
  }
  return undefined;
}

function refusedBlock(path: string, block: { type?: unknown; text?: unknown } | null): string | undefined {
  if (typeof block?.type !== 'string') return `${path}.type: Field required`;
  if (block.type !== 'text') return undefined;
  if (typeof block.text !== 'string') return `${path}.text: Input should be a valid string`;
  return block.text === '' ? `${path}: text content blocks must be non-empty` : undefined;
}

function refusedField(params: AnyParams, version: ApiVersion, inBatch: boolean): string | undefined {
  if (inBatch && params.stream !== undefined) return 'stream: streaming is not supported in batches';
  if (inBatch && params.speed !== undefined) return 'speed: not supported in batches';
  for (const [name, value] of Object.entries(params)) {
    const bounds = Object.hasOwn(SAMPLING, name) ? SAMPLING[name] : undefined;
    const refused = bounds ? refusedSampling(name, value, bounds, version) : undefined;
    if (refused) return refused;
    if (!bounds && !FIELDS.has(name)) return `${name}: Extra inputs are not permitted`;
  }
  return undefined;
}

function refusedSampling(
  name: string,
  value: unknown,
  [least, most]: readonly [number, number],
  version: ApiVersion,
): string | undefined {
  if (version === '2026-10-21') return `${name}: not supported with anthropic-version ${version}`;
  if (typeof value === 'number' && value >= least && value <= most) return undefined;
  return `${name}: Input should be a number from ${least} to ${most}`;
}
