import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Less than a timer takes to fire is not slept. */
const NAP = 4;

/**
 * A way to a port that takes so many bytes a second, as an API behind a network does, and passes on what a sender had handed to its machine
 * before it died.
 */
export async function slowReader(port, bytesPerSecond) {
  const open = new Set();
  const server = createServer({ allowHalfOpen: true }, (from) => {
    const to = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    from.on('error', () => {});
    to.on('error', () => {});
    to.pipe(from);
    const passing = pass(from, to, bytesPerSecond).finally(() => open.delete(passing));
    open.add(passing);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** Settles once everything that came has been passed on. */
    passedAll: () => Promise.all(open),
    close: () => server.close(),
  };
}

async function pass(from, to, bytesPerSecond) {
  const began = performance.now();
  let bytes = 0;
  try {
    for await (const piece of from) {
      bytes += piece.length;
      const ahead = (bytes / bytesPerSecond) * 1_000 - (performance.now() - began);
      if (ahead > NAP) await sleep(ahead);
      to.write(piece);
    }
  } catch {
    // The sender's machine cut the connection: nothing more comes.
  }
  to.end();
}
