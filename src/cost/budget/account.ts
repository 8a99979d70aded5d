import { type PicoUsd, parseUsd, usdString } from '../prices/usd';

/** The used part of a budget: the amount spent, and the reservations of running chunks. */
export interface Account {
  spent: PicoUsd;
  /** The reservation of each running chunk, by holder. */
  reserved: ReadonlyMap<string, Reservation>;
}

/** The worst case of a running chunk. */
export interface Reservation {
  amount: PicoUsd;
  /**
   * When the send was requested, in milliseconds of the Temporal server's clock. A chunk that goes on after
   * its end, as after a Reset, reserves again, and a frozen process that settles its earlier end leaves that
   * reservation.
   */
  asked: number;
}

/** An account in JSON, with exact amounts in USD. */
export interface StoredAccount {
  spent: string;
  reserved: Record<string, { usd: string; asked: number }>;
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
  const others = reservedIn(account) - (held?.amount ?? 0n);
  if (account.spent + others + amount <= cap) return 'granted';
  // Two holders that keep their reservations while they wait for more would wait for each other forever.
  return held === undefined ? 'crowded' : 'full';
}

/** Returns whether the holder has this reservation, from this request or a later one. */
export function isReserved({ reserved }: Account, holder: string, { amount, asked }: Reservation): boolean {
  const held = reserved.get(holder);
  return held?.amount === amount && held.asked >= asked;
}

/** Records a reservation of the holder. Replaces its previous one. */
export function reserve(account: Account, holder: string, reservation: Reservation): Account {
  return { ...account, reserved: new Map(account.reserved).set(holder, reservation) };
}

/**
 * Replaces the holder's reservation with what it spent, unless the reservation was requested after `asked`.
 * Returns the same account if nothing is replaced: a holder without a reservation is already settled.
 */
export function settle(account: Account, holder: string, spent: PicoUsd, asked: number): Account {
  const held = account.reserved.get(holder);
  if (held === undefined || held.asked > asked) return account;
  const reserved = new Map(account.reserved);
  reserved.delete(holder);
  // Two processes may correct the same amount.
  const sum = account.spent + spent;
  return { spent: sum < 0n ? 0n : sum, reserved };
}

export function reservedIn({ reserved }: Account): PicoUsd {
  let sum = 0n;
  for (const { amount } of reserved.values()) sum += amount;
  return sum;
}

export function storedAccount({ spent, reserved }: Account): StoredAccount {
  const amounts = [...reserved].map(([holder, { amount, asked }]) => [
    holder,
    { usd: usdString(amount), asked },
  ]);
  return { spent: usdString(spent), reserved: Object.fromEntries(amounts) };
}

export function readAccount({ spent, reserved }: StoredAccount): Account {
  const reservations = Object.entries(reserved).map(
    ([holder, { usd, asked }]) => [holder, { amount: parseUsd(usd)!, asked }] as const,
  );
  return { spent: parseUsd(spent)!, reserved: new Map(reservations) };
}
