import { defineSignal, setCurrentDetails, setHandler, upsertMemo } from '@temporalio/workflow';
import { readChunkState } from '../../src/job/chunk-state';
import { jobDetails } from '../../src/job/details';
import type { JobSettings } from '../../src/job/job';
import { CHUNK_STATE, PROGRESS_MEMO, SEGMENT_NEWS } from '../../src/job/names';
import { readSegmentNews } from '../../src/job/segments';
import type { SetState } from './set-state';

/**
 * Shows a set's progress in its details and its memo, where clients read it without a query. Signals of
 * chunks and segments change only the details: a command that depended on a signal could come in another
 * order in a replay.
 *
 * @param settings returns `undefined` before the first step has returned them
 * @returns a function that shows the current state in both
 */
export function handleProgress(set: SetState, settings: () => JobSettings | undefined): () => void {
  const display = () => {
    const now = Date.now();
    const times = settings() ?? { pollFloor: 0, pollCeiling: 0 };
    const progress = set.shown(now, settings());
    setCurrentDetails(jobDetails(progress, [...set.running.values()], now, times, set.malformed));
  };
  const handle = <T>(name: string, read: (value: unknown) => T | undefined, take: (news: T) => void) =>
    setHandler(defineSignal<[unknown]>(name), (value) => {
      const news = read(value);
      if (news === undefined) set.malformed += 1;
      else take(news);
      display();
    });
  handle(CHUNK_STATE, readChunkState, (news) => set.took(news));
  handle(SEGMENT_NEWS, readSegmentNews, (news) => set.tookNews(news));

  let told = '';
  return () => {
    display();
    const progress = set.progress();
    const text = JSON.stringify(progress);
    if (text === told) return;
    told = text;
    upsertMemo({ [PROGRESS_MEMO]: progress });
  };
}
