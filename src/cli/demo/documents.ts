import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { RequestTemplate } from '../../job-spec/params/types';

const SEED = 20_260_101;

const THINGS = [
  'kettle',
  'desk lamp',
  'raincoat',
  'bicycle bell',
  'tent',
  'notebook',
  'wool blanket',
  'bread knife',
];
const FEELINGS = [
  'love it',
  'am content with it',
  'have mixed feelings',
  'would not buy it again',
  'sent it back',
];
const REASONS = [
  'it does what it says',
  'it arrived late',
  'the colour is not that of the picture',
  'my neighbour bought one too 🙂',
  'the handle broke after « two weeks »',
  'it is lighter than I had expected',
];

/** The template of the demo's requests. */
export const TEMPLATE = {
  model: 'claude-haiku-5-5',
  max_tokens: 64,
  system: 'You sort customer reviews.',
  messages: [{ role: 'user', content: 'Is this review positive, negative or mixed?\n\n{{text}}' }],
} satisfies RequestTemplate;

export const documentId = (index: number): string => `review-${String(index + 1).padStart(5, '0')}`;

/** Writes generated reviews, the same ones every time. */
export async function writeDocuments(file: string, count: number): Promise<void> {
  await pipeline(Readable.from(lines(count)), createWriteStream(file));
}

function* lines(count: number): Generator<string> {
  const random = randomNumbers(SEED);
  const one = (of: string[]): string => of[Math.floor(random() * of.length)]!;
  for (let index = 0; index < count; index++) {
    // Each text has its number, because equal requests would be sent only once.
    const text =
      `I bought this ${one(THINGS)}, order ${index + 1}, and I ${one(FEELINGS)}: ` +
      `${one(REASONS)}, and ${one(REASONS)}.`;
    yield `${JSON.stringify({ id: documentId(index), text })}\n`;
  }
}

/** Returns a generator of numbers from 0 to 1 (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
