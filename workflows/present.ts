import { defineQuery, defineSignal, setCurrentDetails, setHandler } from '@temporalio/workflow';
import type { ChunkState } from '../src/job/chunk-state';
import { jobDetails } from '../src/job/details';
import type { JobProgress, JobSettings } from '../src/job/job';
import { CHUNK_STATE, PROGRESS } from '../src/job/names';
import type { SetState } from './set-state';

/**
 * Answers how far a set is, and takes what its chunks tell. `settings` are not known before the first step has told them.
 *
 * @returns what shows the set in the UI as it is now.
 */
export function present(set: SetState, settings: () => JobSettings | undefined): () => void {
  const show = () => {
    const now = Date.now();
    const times = settings() ?? { pollFloor: 0, pollCeiling: 0 };
    setCurrentDetails(jobDetails(set.progress(now, settings()), [...set.running.values()], now, times));
  };
  setHandler(defineQuery<JobProgress>(PROGRESS), () => set.progress(Date.now(), settings()));
  setHandler(defineSignal<[ChunkState]>(CHUNK_STATE), (chunk) => {
    set.took(chunk);
    show();
  });
  return show;
}
