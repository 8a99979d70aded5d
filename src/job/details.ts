import type { Cost } from '../cost/cost';
import { costGap, costText } from '../cost/text';
import { type ChunkState, nextPollOf } from './chunk-state';
import type { JobSettings, ReportedProgress } from './job';
import { whyLive } from './live';
import type { PollTimes } from './poll';
import { reasonText } from './reason-text';

/** Rows that a person can still read. The counts above the table include all chunks. */
const MOST_ROWS = 25;

/**
 * Returns the time of day, `18:05:30`. A next poll is minutes away, and a date would wrap in the UI's narrow
 * table.
 */
export function clock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}

const cell = (text: string | number | undefined) => (text === undefined || text === '' ? '–' : String(text));
/**
 * An empty last line. The UI (2.42.1) omits the margin from its frame's height and cuts off the last 14
 * pixels.
 */
const END = '\n\n\u00a0';

/**
 * Prevents line breaks in cells. The UI measures a table before its cells wrap, and cuts off the added lines.
 */
const unbroken = (text: string) => text.replaceAll(' ', '\u00a0');
const row = (...cells: (string | number | undefined)[]) => `| ${cells.map(cell).join(' | ')} |`;

/**
 * Returns a job's current details for the Temporal UI, in Markdown: counts and batch ids, never a document's
 * id or text.
 */
export function jobDetails(
  progress: ReportedProgress,
  chunks: readonly ChunkState[],
  now: number,
  times: PollTimes,
  malformed = 0,
): string {
  const { state, documents, done, succeeded, failed, reason } = progress;
  const table = [
    row('state', 'documents', 'done', 'succeeded', 'failed', 'chunks', 'batches', 'next poll (UTC)'),
    row(...Array<string>(8).fill('---')),
    row(
      `**${state}**`,
      documents,
      done,
      succeeded,
      failed,
      `${progress.chunks.done} of ${progress.chunks.planned}`,
      progress.batches,
      progress.nextPoll === undefined ? undefined : clock(Date.parse(progress.nextPoll)),
    ),
  ];
  const parts = [table.join('\n')];
  if (progress.cost) parts.push(costLine(progress.cost));
  if (progress.maxUsd) parts.push(`**Budget:** ${progress.maxUsd} USD`);
  parts.push(...emptyLine(progress), ...liveLine(progress));
  if (reason) parts.push(`**Waiting:** ${reasonText(reason)}`);
  if (malformed > 0) parts.push(`**Ignored:** ${malformed} signals that could not be read`);
  if (chunks.length > 0) parts.push(chunkTable(chunks, now, times));
  return parts.join('\n\n') + END;
}

function emptyLine({ state, documents }: ReportedProgress): string[] {
  return state === 'completed' && documents === 0 ? ['**The input has no documents:** nothing was sent'] : [];
}

function liveLine({ live, maybePaidTwice }: ReportedProgress): string[] {
  if (!live) return [];
  const twice = maybePaidTwice
    ? `, ${maybePaidTwice} times possibly paid twice because an answer was lost`
    : '';
  return [`**Live requests:** ${live} requests, at full price${twice}`];
}

function costLine(cost: Cost): string {
  const gap = costGap(cost);
  return `**Cost:** ${costText(cost)}${gap ? `, ${gap}` : ''}`;
}

/** Returns a row per chunk, below a header. `phase` formats the state for the table. */
function chunkRows(
  chunks: readonly ChunkState[],
  now: number,
  times: PollTimes,
  poll: string,
  phase: (phase: string) => string,
): string[] {
  return [
    row('chunk', 'state', 'requests', 'round', 'batch', poll),
    row(...Array<string>(6).fill('---')),
    ...chunks.map((state) => {
      const at = nextPollOf(state, now, times);
      return row(
        state.chunk,
        phase(state.phase),
        state.requests,
        state.round + 1,
        state.batch && `\`${state.batch}\``,
        at === undefined ? undefined : clock(at),
      );
    }),
  ];
}

function chunkTable(chunks: readonly ChunkState[], now: number, times: PollTimes): string {
  const lines = chunkRows(chunks.slice(0, MOST_ROWS), now, times, 'next poll', unbroken);
  const more = chunks.length - MOST_ROWS;
  if (more > 0) lines.push(`\n${more} more chunks are not shown.`);
  return lines.join('\n');
}

/** Returns a chunk's current details. */
export function chunkDetails(
  state: ChunkState,
  now: number,
  settings: PollTimes & Pick<JobSettings, 'liveBelow'>,
): string {
  const lines = chunkRows([state], now, settings, 'next poll (UTC)', (phase) => `**${phase}**`);
  if (state.phase === 'sending live') {
    lines.push('', `**No batch:** its requests are ${whyLive(settings.liveBelow)}`);
  }
  if (state.cost) lines.push('', costLine(state.cost));
  if (state.reason) lines.push('', `**Waiting:** ${reasonText(state.reason)}`);
  if (state.orphaned?.length) {
    const ids = state.orphaned.map((id) => `\`${id}\``).join(', ');
    lines.push('', `**Orphaned:** ${ids}: presumed lost but bought; canceled, and paid answers are kept`);
  }
  return lines.join('\n') + END;
}
