import { setTimeout as sleep } from 'node:timers/promises';
import { NoWorkerError } from '../client/errors';
import type { JobHandle } from '../client/handle';
import { isPassing } from '../client/temporal/grpc';
import type { JobProgress, JobSummary } from '../job/job';
import { EXIT, Exit } from './exit';
import type { SharedOptions } from './options';
import { command } from './output/command-hint';
import { draw, endDrawing, say } from './output/print';
import { progressBar, progressLine } from './output/progress-line';
import { interruptible } from './signals';

const QUICK = 1_000;
const SLOW = 10_000;

/**
 * Waits until the job has ended, with its progress on stderr: a bar on a terminal, elsewhere a line at each change.
 * Ctrl-C ends the waiting, and says how to come back to the job. So does a job that waits for a person alone.
 *
 * @throws what `JobHandle.result` throws. {@link Exit} when the waiting ends before the job.
 */
export function follow(job: JobHandle, hint: string, options: SharedOptions): Promise<JobSummary> {
  return interruptible(async (interrupted) => {
    const ended = new AbortController();
    const held = new AbortController();
    let reason: string | undefined;
    const stop = AbortSignal.any([interrupted, held.signal]);
    const showing = showProgress(job, AbortSignal.any([stop, ended.signal]), (progress) => {
      if (!waitsForPerson(progress)) return;
      reason = progress.waiting;
      held.abort();
    });
    try {
      return await job.result({ signal: stop });
    } catch (error) {
      if (!stop.aborted) throw error;
      ended.abort();
      await showing;
      if (held.signal.aborted) {
        say(heldText(job.id, reason, options));
        throw new Exit(EXIT.held);
      }
      say(`The job ${job.id} goes on. ${hint}`);
      throw new Exit(EXIT.interrupted);
    } finally {
      ended.abort();
      await showing;
    }
  });
}

/** Whether nothing of a job goes on before a person decides. */
export function waitsForPerson({ state, chunks }: Pick<JobProgress, 'state' | 'chunks'>): boolean {
  return state === 'held' && chunks.held === chunks.running;
}

/** Why a job is held, and the command that releases it. */
export function heldText(id: string, reason: string | undefined, options: SharedOptions): string {
  const why = reason === undefined ? '' : `: ${reason}`;
  return `The job ${id} is held${why.replace(/\.$/, '')}. Release it with ${command('resume', id, options)}.`;
}

/** Shows a job's progress until the signal, or until nobody can tell it any more. */
export async function showProgress(
  job: JobHandle,
  signal: AbortSignal,
  seen: (progress: JobProgress) => void = () => {},
): Promise<void> {
  const view = process.stderr.isTTY ? barView() : lineView();
  const began = Date.now();
  while (!signal.aborted) {
    try {
      const progress = await job.progress();
      if (!signal.aborted) view.show(progress);
      seen(progress);
    } catch (error) {
      // The next look may see more, and whoever waits for the result is told of what lasts.
      if (!(error instanceof NoWorkerError) && !isPassing(error)) break;
    }
    const pause = Math.min(SLOW, Math.max(QUICK, (Date.now() - began) / 20));
    await sleep(pause, undefined, { signal }).catch(() => {});
  }
  view.end();
}

interface View {
  show(progress: JobProgress): void;
  end(): void;
}

function lineView(): View {
  let last = '';
  return {
    show(progress) {
      const line = progressLine(progress);
      if (line !== last) say(line);
      last = line;
    },
    end() {},
  };
}

function barView(): View {
  return {
    show: (progress) => draw(progressBar(progress, Date.now(), process.stderr.columns ?? 80)),
    end: endDrawing,
  };
}
