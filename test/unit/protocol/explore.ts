/** One step from a state to another. */
export interface Move<S> {
  /** A short description. A counterexample is a list of these. */
  name: string;
  next: S;
}

export interface Model<S> {
  initial: S;
  /** Equal for states that cannot be distinguished. */
  key(state: S): string;
  moves(state: S): Move<S>[];
  /** Why this state must never be reached, or `undefined`. */
  wrong(state: S): string | undefined;
  /** Whether the protocol may end here. Such a state must be reachable from every state. */
  settled(state: S): boolean;
  /** Whether this is a state that an exploration must meet in order to prove anything. */
  notable?(state: S): boolean;
}

export interface Exploration {
  states: number;
  /** The notable states that were met. */
  notable: number;
  /** The names of all moves that were taken. */
  moves: Set<string>;
  /** A violation, with a shortest path to it. */
  problem?: { message: string; trace: string[] };
}

/** More than any case here has. A model that never ends reports that before memory runs out. */
const MOST_STATES = 3_000_000;

/** Visits all reachable states, breadth first, until one is wrong or cannot reach a settled state. */
export function explore<S>(model: Model<S>): Exploration {
  const found = new Search(model);
  const problem = found.run() ?? found.deadEnd();
  const { states, notable, moves } = found;
  return { states, notable, moves, problem };
}

class Search<S> {
  readonly moves = new Set<string>();
  notable = 0;
  readonly #index = new Map<string, number>();
  /** The move and the state from which a state was first reached. */
  readonly #parent: number[] = [];
  readonly #by: string[] = [];
  readonly #settled: number[] = [];
  readonly #from: number[] = [];
  readonly #to: number[] = [];

  readonly #model: Model<S>;

  constructor(model: Model<S>) {
    this.#model = model;
  }

  get states(): number {
    return this.#index.size;
  }

  run(): Exploration['problem'] {
    let frontier = [this.#model.initial];
    this.#note(this.#model.initial, -1, '');
    while (frontier.length > 0) {
      const next: S[] = [];
      let at = this.states - frontier.length;
      for (const state of frontier) {
        const message = this.#model.wrong(state);
        if (message) return { message, trace: this.#trace(at) };
        for (const move of this.#model.moves(state)) {
          this.moves.add(move.name);
          const known = this.#index.get(this.#model.key(move.next));
          this.#from.push(at);
          this.#to.push(known ?? this.states);
          if (known !== undefined) continue;
          this.#note(move.next, at, move.name);
          next.push(move.next);
        }
        at += 1;
      }
      if (this.states > MOST_STATES) throw new Error(`The model has more than ${MOST_STATES} states.`);
      frontier = next;
    }
    return undefined;
  }

  /** The first state that cannot reach a settled state. */
  deadEnd(): Exploration['problem'] {
    const before = new Backwards(this.states, this.#from, this.#to);
    const alive = before.reachable(this.#settled);
    const dead = alive.indexOf(0);
    return dead < 0 ? undefined : { message: 'It can never end.', trace: this.#trace(dead) };
  }

  #note(state: S, parent: number, by: string): void {
    if (this.#model.settled(state)) this.#settled.push(this.states);
    if (this.#model.notable?.(state)) this.notable += 1;
    this.#parent.push(parent);
    this.#by.push(by);
    this.#index.set(this.#model.key(state), this.states);
  }

  #trace(state: number): string[] {
    const steps: string[] = [];
    for (let at = state; at > 0; at = this.#parent[at]!) steps.push(this.#by[at]!);
    return steps.reverse();
  }
}

/** The reversed edges of a graph. */
class Backwards {
  readonly #first: Int32Array;
  readonly #sources: Int32Array;

  readonly #states: number;

  constructor(states: number, from: readonly number[], to: readonly number[]) {
    this.#states = states;

    this.#first = new Int32Array(states + 1);
    for (const state of to) this.#first[state + 1]! += 1;
    for (let state = 0; state < states; state += 1) this.#first[state + 1]! += this.#first[state]!;
    const free = this.#first.slice();
    this.#sources = new Int32Array(to.length);
    for (const [edge, state] of to.entries()) {
      this.#sources[free[state]!] = from[edge]!;
      free[state]! += 1;
    }
  }

  /** Marks the states from which one of `targets` can be reached. */
  reachable(targets: readonly number[]): Uint8Array {
    const marked = new Uint8Array(this.#states);
    const open = [...targets];
    for (const state of targets) marked[state] = 1;
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      for (let edge = this.#first[state]!; edge < this.#first[state + 1]!; edge += 1) {
        const source = this.#sources[edge]!;
        if (marked[source]) continue;
        marked[source] = 1;
        open.push(source);
      }
    }
    return marked;
  }
}
