import { control } from '../control';

export const resume = () =>
  control({
    name: 'resume',
    description: 'let a paused job go on',
    act: (job) => job.resume(),
    state: 'running',
    done: (id) => `The job ${id} goes on.`,
  });
