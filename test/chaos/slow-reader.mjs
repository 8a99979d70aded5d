import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds. Shorter pauses are skipped, because a timer takes longer. */
const NAP = 4;

/**
 * Opens a proxy to a port that reads a limited number of bytes a second, like an API behind a network. It
 * passes on what a sender had handed to its machine before it died.
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
    /** Resolves once all received data has been passed on. */
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
    // The sender's machine cut the connection, so no more data comes.
  }
  to.end();
}
