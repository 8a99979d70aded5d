import { defineQuery, defineSignal, setCurrentDetails, setHandler } from '@temporalio/workflow';
import type { ChunkState } from '../src/job/chunk-state';
import { jobDetails } from '../src/job/details';
import type { JobProgress, JobSettings } from '../src/job/job';
import { CHUNK_STATE, PROGRESS } from '../src/job/names';
import type { SetState } from './set-state';

/**
 * Answers how far a set is, and takes what its chunks tell. `settings` are not known before the first step has told them.
 *
 * @param shown hears of what is shown, each time.
 *
 * @returns what shows the set in the UI as it is now.
 */
export function present(
  set: SetState,
  settings: () => JobSettings | undefined,
  shown?: (progress: JobProgress) => void,
): () => void {
  const show = () => {
    const now = Date.now();
    const times = settings() ?? { pollFloor: 0, pollCeiling: 0 };
    const progress = set.progress(now, settings());
    setCurrentDetails(jobDetails(progress, [...set.running.values()], now, times));
    shown?.(progress);
  };
  setHandler(defineQuery<JobProgress>(PROGRESS), () => set.progress(Date.now(), settings()));
  setHandler(defineSignal<[ChunkState]>(CHUNK_STATE), (chunk) => {
    set.took(chunk);
    show();
  });
  return show;
}
