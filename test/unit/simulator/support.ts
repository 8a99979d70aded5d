import Anthropic from '@anthropic-ai/sdk';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../../src/simulator/index';
import { own } from '../../support/cleanup';
import { tempDir } from '../../support/temp-dir';

export type BatchRequest = Anthropic.Messages.BatchCreateParams.Request;

/** Starts a simulator, and closes it after the test. */
export async function simulate(options: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  const simulator = await startSimulator({ dir: options.dir ?? (await tempDir()), ...options });
  own(() => simulator.close());
  return simulator;
}

export const clientOf = (simulator: Simulator, options: ConstructorParameters<typeof Anthropic>[0] = {}) =>
  new Anthropic({ baseURL: simulator.url, apiKey: 'test-key', maxRetries: 0, ...options });

export const paramsOf = (text: string): Anthropic.MessageCreateParamsNonStreaming => ({
  model: 'claude-haiku-5-5',
  max_tokens: 100,
  messages: [{ role: 'user', content: text }],
});

export const requestsOf = (count: number, text = (index: number) => `Document ${index}`): BatchRequest[] =>
  Array.from({ length: count }, (_, index) => ({ custom_id: `r-${index}`, params: paramsOf(text(index)) }));

export async function rowsOf(
  client: Anthropic,
  id: string,
): Promise<Anthropic.Messages.MessageBatchIndividualResponse[]> {
  return collect(await client.messages.batches.results(id));
}

/** The rows by custom_id. */
export async function resultsOf(client: Anthropic, id: string) {
  return new Map((await rowsOf(client, id)).map((row) => [row.custom_id, row.result]));
}

export async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}
