import { type PicoUsd, parseUsd, usdString } from '../prices/usd';

/** What a budget has given away: what was spent, and what is reserved for chunks that are on their way. */
export interface Account {
  spent: PicoUsd;
  /** The worst case of each chunk on its way, by whose it is. */
  reserved: ReadonlyMap<string, PicoUsd>;
}

/** An account in JSON, with exact amounts in USD. */
export interface StoredAccount {
  spent: string;
  reserved: Record<string, string>;
}

export const NEW_ACCOUNT: Account = { spent: 0n, reserved: new Map() };

/**
 * `crowded`: there will be room if what others reserved turns out to cost less. `full`: there will be none, whatever they
 * cost; or the holder keeps something reserved for which others may wait, and so must not wait for them.
 */
export type Room = 'granted' | 'crowded' | 'full';

/** Whether so much more fits below the cap; to come up to it is to fit. What the holder has reserved before does not count. */
export function roomFor(account: Account, holder: string, amount: PicoUsd, cap: PicoUsd): Room {
  if (account.spent + amount > cap) return 'full';
  const held = account.reserved.get(holder);
  const others = reservedIn(account) - (held ?? 0n);
  if (account.spent + others + amount <= cap) return 'granted';
  // Two that keep what they have while they wait for more would wait for each other for ever.
  return held === undefined ? 'crowded' : 'full';
}

/** Reserves so much for the holder, in place of what it had before. */
export function reserve(account: Account, holder: string, amount: PicoUsd): Account {
  return { ...account, reserved: new Map(account.reserved).set(holder, amount) };
}

/** What the holder has reserved gives way to what it spent. Who has nothing reserved has been settled before. */
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
