import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { own } from './cleanup';
import { eventually } from './eventually';

const CREATE = 'POST /v1/messages/batches HTTP/';

export interface CreateProxy {
  url: string;
  /** Resolves once the upload of a create has stalled. */
  stalled(): Promise<void>;
  /** Resolves once the last byte of a create has passed. */
  passed(): Promise<void>;
  /** Lets every later create through. */
  open(): void;
  /** Lets the stalled create continue. */
  letOn(): void;
  /** Resolves once the sender of the continued create has closed its socket before the last byte. */
  dropped(): Promise<void>;
  /** Destroys all current connections. */
  cut(): void;
}

/**
 * Starts a proxy to the API that watches creates. Until it is open, it stalls their bodies: bytes that fit
 * into the sockets before it have left the sender, and no more.
 */
export async function createProxy(target: string, { open = false } = {}): Promise<CreateProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let stuck = false;
  let whole = false;
  let short = false;
  let letOn = () => {};
  const server = createServer((from) => {
    const to = connect(Number(port), hostname);
    for (const socket of [from, to]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
    }
    to.pipe(from);
    from.on('end', () => to.end());
    let left = 0;
    from.on('data', (piece) => {
      if (!piece.includes(CREATE)) left -= piece.length;
      else if (open) left = bodyLeft(piece);
      else {
        stuck = true;
        from.pause();
        letOn = () => {
          left = bodyLeft(piece);
          from.on('close', () => {
            short ||= left > 0;
          });
          to.write(piece);
          from.resume();
        };
        return;
      }
      to.write(piece);
      whole ||= left === 0;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  own(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stalled: async () => {
      await eventually(() => stuck || undefined, { what: 'a create that is stuck' });
    },
    passed: async () => {
      await eventually(() => whole || undefined, { what: 'a create that has come by' });
    },
    open: () => {
      open = true;
    },
    letOn: () => letOn(),
    dropped: async () => {
      await eventually(() => short || undefined, { what: 'a create that is broken off' });
    },
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Returns how many bytes of the body follow the piece with its head. */
function bodyLeft(piece: Buffer): number {
  const head = piece.toString('latin1');
  const start = head.indexOf(CREATE);
  const length = Number(/content-length: (\d+)/i.exec(head.slice(start))?.[1]);
  return length - (piece.length - head.indexOf('\r\n\r\n', start) - 4);
}
