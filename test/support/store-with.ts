import type { Store } from '../../src/store/store';

/** Returns `store` with some operations replaced. */
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
