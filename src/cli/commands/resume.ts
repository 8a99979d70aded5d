import { control } from '../control';

export const resume = () =>
  control({
    name: 'resume',
    description: 'resume a paused or held job',
    act: (job) => job.resume(),
    state: 'running',
    done: (id) => `The job ${id} continues.`,
  });
