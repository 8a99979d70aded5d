import type { Store } from '../../src/store/store';

/** A store that does some things in another way, and all others as `store` does. */
export function storeWith<S extends Store>(store: S, change: Partial<Store>): S {
  return new Proxy(store, {
    get(target, name) {
      const own = name in change ? change[name as keyof Store] : undefined;
      if (own !== undefined) return own;
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
