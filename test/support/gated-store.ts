import { FileStore, type Store } from 'temporal-anthropic-batch';

/** `put jobs/a/b/chunks/000000/requests.jsonl`: what a worker is about to do in the store. */
type Call = string;

export interface GatedStore {
  store: Store;
  /** Whether a call waits at the gate, or has waited there. */
  readonly reached: boolean;
  /** Lets it go on, and every later call. */
  open(): void;
}

/** A store in which the first put or open that matches, and what follows it, waits at a gate. */
export function gatedStore(folder: string, stop: RegExp): GatedStore {
  let reached = false;
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const files = new FileStore(folder);
  const pass = async (call: Call) => {
    reached ||= stop.test(call);
    if (reached) await opened;
  };
  const store: Store = new Proxy(files, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      if (name !== 'put' && name !== 'open') return value.bind(target);
      return async (key: string, ...rest: unknown[]) => {
        await pass(`${name} ${key}`);
        return value.call(target, key, ...rest);
      };
    },
  });
  return {
    store,
    get reached() {
      return reached;
    },
    open,
  };
}
