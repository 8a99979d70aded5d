import { FileStore, type Store } from 'temporal-anthropic-batch';

/** The operation that a worker is about to start, such as `put jobs/a/b/chunks/000000/requests.jsonl`. */
type Call = string;

export interface GatedStore {
  store: Store;
  /** Whether a call waits at the gate, or has waited there. */
  readonly reached: boolean;
  /** Releases it and every later call. */
  open(): void;
}

/** Returns a store in which the first matching put or open, and all that follow, wait at a gate. */
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
