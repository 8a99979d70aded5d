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
 * Waits until the job has ended, and shows its progress on stderr: a bar on a terminal, else a line for each
 * change. The waiting also ends, with a hint, on Ctrl-C and if the whole job is held for a person.
 *
 * @throws the errors of `JobHandle.result`. {@link Exit} if the waiting ends before the job.
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
      say(`The job ${job.id} continues. ${hint}`);
      throw new Exit(EXIT.interrupted);
    } finally {
      ended.abort();
      await showing;
    }
  });
}

/** Returns whether every running chunk of a job is held for a person. */
export function waitsForPerson({ state, chunks }: Pick<JobProgress, 'state' | 'chunks'>): boolean {
  return state === 'held' && chunks.held === chunks.running;
}

/** Returns why a job is held, and the command that releases it. */
export function heldText(id: string, reason: string | undefined, options: SharedOptions): string {
  const why = reason === undefined ? '' : ` ${reason}`;
  return `The job ${id} is held.${why} Release it with ${command('resume', id, options)}.`;
}

/** Shows a job's progress until the signal, or until a permanent error. */
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
      // A transient error may pass, and the wait for the result reports a permanent one.
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
