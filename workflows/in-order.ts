/** Runs what it is given one after the other: the server may deliver two signals of one moment in any order. */
export function inOrder(): (task: () => Promise<unknown>) => Promise<void> {
  let last: Promise<unknown> = Promise.resolve();
  return async (task) => {
    last = last.then(task);
    await last;
  };
}
