import { control } from '../control';

export const cancel = () =>
  control({
    name: 'cancel',
    description: 'cancel a job: its batches are canceled, and what they finished is kept',
    act: (job) => job.cancel(),
    state: 'canceling',
    done: (id) => `The job ${id} is being canceled.`,
  });
