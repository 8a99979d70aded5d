import type { WorkerInterceptors } from '@temporalio/worker';

/** Holds an activity back before its work, so that a test can act while it runs. */
export class Held {
  /** The activity's name. Unset: none is held. */
  activity: string | undefined;
  isHeld = false;
  #release = () => {};

  /** For the worker. */
  readonly interceptors: WorkerInterceptors = {
    activity: [
      ({ info }) => ({
        inbound: {
          execute: async (input, next) => {
            if (info.activityType === this.activity && !this.isHeld) {
              const released = new Promise<void>((resolve) => {
                this.#release = resolve;
              });
              this.isHeld = true;
              await released;
            }
            return next(input);
          },
        },
      }),
    ],
  };

  release(): void {
    this.#release();
  }
}
