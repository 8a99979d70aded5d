import { control } from '../control';

export const pause = () =>
  control({
    name: 'pause',
    description: 'stop sending further rounds of a job; batches in flight continue',
    act: (job) => job.pause(),
    state: 'paused',
    done: (id) => `The job ${id} is paused.`,
  });
