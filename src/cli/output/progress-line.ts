import type { JobProgress } from '../../job/job';
import { counted, grouped } from './print';

const WIDTH = 24;

/**
 * Formats a job's progress in one line. Leaves out what changes with time alone, so that equal lines are
 * printed once.
 */
export function progressLine(progress: JobProgress): string {
  const { state, documents, done, failed, chunks, batches, waiting, stuck = [] } = progress;
  const parts =
    state === 'planning'
      ? [`${counted(documents, 'document')} planned`]
      : [
          `${grouped(done)} of ${counted(documents, 'document')} done`,
          ...(failed > 0 ? [`${grouped(failed)} failed`] : []),
          `${grouped(chunks.done)} of ${counted(chunks.planned, 'chunk')} done, ` +
            `${grouped(chunks.running)} running`,
          counted(batches, 'batch'),
        ];
  const standing = stuck.length > 0 ? [`${counted(stuck.length, 'workflow')} stuck`] : [];
  return [state, ...parts, ...standing, ...(waiting ? [waiting] : [])].join(' · ');
}

/** Formats a job's progress with a bar and the time until the next poll, for a line that is overwritten. */
export function progressBar(progress: JobProgress, now: number, columns: number): string {
  const { state, documents, done, nextPoll } = progress;
  const part = state === 'planning' || documents === 0 ? 0 : done / documents;
  const filled = Math.floor(part * WIDTH);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)} ${String(Math.floor(part * 100)).padStart(3)} %`;
  const line = `${bar}  ${progressLine(progress)}${nextPoll ? ` · next poll in ${until(nextPoll, now)}` : ''}`;
  // A line that wraps cannot be overwritten.
  return line.length < columns ? line : `${line.slice(0, Math.max(0, columns - 2))}…`;
}

/** Formats the time until a moment: `12s`, `4m`, `2h`. */
export const until = (time: string, now: number): string => timeText(Date.parse(time) - now);

/** Formats the time since a moment, in the same form. */
export const age = (time: string, now: number): string => timeText(now - Date.parse(time));

function timeText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes}m` : `${Math.round(minutes / 60)}h`;
}
