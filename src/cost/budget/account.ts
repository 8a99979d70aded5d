import { type PicoUsd, parseUsd, usdString } from '../prices/usd';

/** The used part of a budget: the amount spent, and the reservations of running chunks. */
export interface Account {
  spent: PicoUsd;
  /** The worst case of each running chunk, by holder. */
  reserved: ReadonlyMap<string, PicoUsd>;
}

/** An account in JSON, with exact amounts in USD. */
export interface StoredAccount {
  spent: string;
  reserved: Record<string, string>;
}

export const NEW_ACCOUNT: Account = { spent: 0n, reserved: new Map() };

/**
 * `crowded`: enough will be left if others cost less than they reserved. `full`: it will not, whatever they
 * cost; or the holder keeps a reservation that others may wait for, so it must not wait for them.
 */
export type Fit = 'granted' | 'crowded' | 'full';

/**
 * Returns whether an amount fits below the cap; it may reach the cap exactly. The holder's previous
 * reservation does not count.
 */
export function fitOf(account: Account, holder: string, amount: PicoUsd, cap: PicoUsd): Fit {
  if (account.spent + amount > cap) return 'full';
  const held = account.reserved.get(holder);
  const others = reservedIn(account) - (held ?? 0n);
  if (account.spent + others + amount <= cap) return 'granted';
  // Two holders that keep their reservations while they wait for more would wait for each other forever.
  return held === undefined ? 'crowded' : 'full';
}

/** Reserves an amount for the holder. Replaces its previous reservation. */
export function reserve(account: Account, holder: string, amount: PicoUsd): Account {
  return { ...account, reserved: new Map(account.reserved).set(holder, amount) };
}

/**
 * Replaces the holder's reservation with what it spent. A holder without a reservation is already settled.
 */
export function settle(account: Account, holder: string, spent: PicoUsd): Account {
  if (!account.reserved.has(holder)) return account;
  const reserved = new Map(account.reserved);
  reserved.delete(holder);
  return { spent: account.spent + spent, reserved };
}

export function reservedIn({ reserved }: Account): PicoUsd {
  let sum = 0n;
  for (const amount of reserved.values()) sum += amount;
  return sum;
}

export function storedAccount({ spent, reserved }: Account): StoredAccount {
  const amounts = [...reserved].map(([holder, amount]) => [holder, usdString(amount)]);
  return { spent: usdString(spent), reserved: Object.fromEntries(amounts) };
}

export function readAccount({ spent, reserved }: StoredAccount): Account {
  const amounts = Object.entries(reserved).map(([holder, amount]) => [holder, parseUsd(amount)!] as const);
  return { spent: parseUsd(spent)!, reserved: new Map(amounts) };
}
