import type Anthropic from '@anthropic-ai/sdk';

const PIECE = 16;

/** Yields the server-sent events that stream a message: its text in pieces, and its outcome at the end. */
export function* eventsOf(message: Anthropic.Message): Generator<string> {
  const { content, stop_reason, stop_sequence, stop_details, container, usage } = message;
  const begun: Anthropic.Message = {
    ...message,
    content: [],
    stop_reason: null,
    stop_details: null,
    usage: { ...usage, output_tokens: 1 },
  };
  yield event({ type: 'message_start', message: begun });
  for (const [index, block] of content.entries()) {
    if (block.type !== 'text') throw new Error(`The simulator streams no ${block.type}.`);
    yield event({ type: 'content_block_start', index, content_block: { ...block, text: '' } });
    for (let at = 0; at < block.text.length; at += PIECE) {
      const text = block.text.slice(at, at + PIECE);
      yield event({ type: 'content_block_delta', index, delta: { type: 'text_delta', text } });
    }
    yield event({ type: 'content_block_stop', index });
  }
  yield event({
    type: 'message_delta',
    delta: { stop_reason, stop_sequence, stop_details, container },
    usage: {
      input_tokens: usage.input_tokens,
      output_tokens: usage.output_tokens,
      cache_creation_input_tokens: usage.cache_creation_input_tokens,
      cache_read_input_tokens: usage.cache_read_input_tokens,
      output_tokens_details: null,
      server_tool_use: null,
    },
  });
  yield event({ type: 'message_stop' });
}

const event = (data: Anthropic.RawMessageStreamEvent) =>
  `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
