import type { BilledRequest } from 'temporal-anthropic-batch/simulator';
import type { Usage } from '../../src/cost/prices/usage';
import { TEMPLATE } from '../support/template';

/** Returns the product's billing fields of a request, from the simulator's books. */
export function billedUsage(
  { batch, usage }: Pick<BilledRequest, 'batch' | 'usage'>,
  model: string = TEMPLATE.model,
): Usage {
  return {
    model,
    tokens: {
      input: usage.input_tokens,
      output: usage.output_tokens,
      cacheWrite5m: usage.cache_creation_5m_input_tokens,
      cacheWrite1h: usage.cache_creation_1h_input_tokens,
      cacheRead: usage.cache_read_input_tokens,
    },
    batch: batch !== null,
    us: false,
    webSearches: 0,
  };
}
