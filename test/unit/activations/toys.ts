/** Small workflows, one for each way in which a workflow may wait, and the product's own. */
import {
  ActivityCancellationType,
  CancellationScope,
  condition,
  defineSignal,
  getExternalWorkflowHandle,
  isCancellation,
  proxyActivities,
  setHandler,
  sleep,
  startChild,
  upsertMemo,
} from '@temporalio/workflow';

const { step } = proxyActivities<{ step(name: string): Promise<void> }>({
  startToCloseTimeout: '1m',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});
const signal = defineSignal('signal');

/** A signal's handler emits a command. */
export async function handlerEmits(): Promise<void> {
  setHandler(signal, () => upsertMemo({ told: true }));
  for (;;) {
    await sleep('1m');
    await step('after the timer');
  }
}

/** A condition that a signal fulfills emits a command. */
export async function conditionEmits(): Promise<void> {
  let told = false;
  setHandler(signal, () => {
    told = true;
  });
  const waiting = condition(() => told).then(() => upsertMemo({ told }));
  for (;;) {
    await sleep('1m');
    await step('after the timer');
    if (told) await waiting;
  }
}

/** A timer's continuation reads what a signal has set. */
export async function stateIsRead(): Promise<void> {
  let told = false;
  setHandler(signal, () => {
    told = true;
  });
  for (;;) {
    await sleep('1m');
    if (told) upsertMemo({ told });
  }
}

/** A timer's continuation takes another branch after a signal. */
export async function pauses(): Promise<void> {
  let paused = false;
  setHandler(signal, () => {
    paused = true;
  });
  for (;;) {
    await sleep('1m');
    if (!paused) await step('while not paused');
  }
}

/** A loop of timers beside an independent activity that is three async frames deep. */
export async function twoLoops(): Promise<void> {
  const inner = async () => await step('deep');
  const middle = async () => await inner();
  const outer = async () => await middle();
  const working = async () => {
    for (;;) await outer();
  };
  const refreshing = async () => {
    for (;;) await sleep('1m');
  };
  await Promise.all([working(), refreshing()]);
}

/** A pool that a `condition` wakes, beside a refresh timer. */
export async function pool(): Promise<void> {
  let running = 0;
  const carry = async () => {
    await step('carry');
    running -= 1;
  };
  const refreshing = async () => {
    for (;;) await sleep('1m');
  };
  const starting = async () => {
    for (;;) {
      await condition(() => running < 1);
      running += 1;
      void carry();
    }
  };
  await Promise.all([starting(), refreshing()]);
}

/** Continuations only append to a queue; one loop takes the entries in order and emits every command. */
export function queue(): Promise<void> {
  return queueAndLoop(() => step('shallow'));
}

/** The same, with an activity that reaches the queue three async frames after the timer would. */
export function deepQueue(): Promise<void> {
  const inner = async () => await step('deep');
  const middle = async () => await inner();
  return queueAndLoop(async () => await middle());
}

async function queueAndLoop(work: () => Promise<void>): Promise<void> {
  const entries: (() => void)[] = [];
  const timer = () => when(sleep('1m'), timer);
  const working = () => when(work(), working);
  const when = (done: Promise<void>, entry: () => void) => {
    const append = () => void entries.push(entry);
    done.then(append, append);
  };
  timer();
  working();
  for (;;) {
    await condition(() => entries.length > 0);
    for (let entry = entries.shift(); entry; entry = entries.shift()) entry();
  }
}

/** Waits in every way that the interceptors delay, and cleans up when it is canceled. */
export async function busy(): Promise<void> {
  const parts = [0, 1, 2].map((part) => inParts(part));
  try {
    await Promise.all(parts);
  } catch (error) {
    await CancellationScope.nonCancellable(async () => {
      await Promise.allSettled(parts);
      await step('clean up');
      await tell('other', 'ended');
    });
    throw error;
  }
}

async function inParts(part: number): Promise<void> {
  for (let round = 0; ; round += 1) {
    try {
      await Promise.race([step(`${part}.${round}`), sleep('1m')]);
      // The SDK does not cancel a child that ends in the same task, and a query may come between the two.
      const child = await CancellationScope.nonCancellable(() =>
        startChild('child', { workflowId: `child-${part}-${round}`, args: [part] }),
      );
      await tell(child.workflowId, `${part}`);
      await Promise.all([child.result(), sleep('2m')]);
    } catch (error) {
      if (isCancellation(error)) throw error;
      upsertMemo({ part, round });
    } finally {
      if (CancellationScope.current().consideredCancelled) upsertMemo({ canceled: part });
    }
  }
}

async function tell(workflowId: string, name: string): Promise<void> {
  await getExternalWorkflowHandle(workflowId)
    .signal(name)
    .catch(() => {});
}
