// faults/: the faults that a test orders: lost replies, odd replies, odd rows. Start here.

import { join } from 'node:path';
import { readJsonFile, replaceFile } from '../files';
import { fraction } from '../hash';
import { markerIn, type Order } from '../life/outcomes';
import { type Endpoint, type FaultSpec, type HttpFault, parseFaultSpec } from './fault-spec';

interface State {
  spec: FaultSpec;
  /** For each HTTP fault, how many calls it matched and how often it fired. */
  matched: number[];
  fired: number[];
}

type Delay = Extract<HttpFault, { kind: 'delay' }>;
export type Failure = Exclude<HttpFault, { kind: 'delay' }>;

/** The faults that affect one call. */
interface CallFaults {
  /** Milliseconds. */
  delayBefore: number;
  delayAfter: number;
  failure?: Failure;
}

/** The endpoints that a kind of fault can affect. Other kinds can affect all. */
const ENDPOINTS_OF: Partial<Record<HttpFault['kind'], readonly Endpoint[]>> = {
  cut: ['results'],
  'odd-row': ['results'],
  'empty-results': ['results'],
  'list-omits-zero': ['list'],
  'wrong-counts': ['create', 'retrieve', 'list', 'cancel'],
};

/** The faults and the progress of each. Stored on disk, so that a restart neither repeats nor forgets one. */
export class Faults {
  readonly #file: string;
  #state: State;

  /** @internal `initial` is used only if the folder has no faults yet. */
  constructor(dir: string, initial: FaultSpec = {}) {
    this.#file = join(dir, 'faults.json');
    const stored = readJsonFile<State>(this.#file);
    this.#state = stored ?? fresh(initial);
    if (!stored) this.#save();
  }

  /** Returns the faults, and how often each of the `http` ones has fired. */
  get(): { spec: FaultSpec; fired: number[] } {
    return structuredClone({ spec: this.#state.spec, fired: this.#state.fired });
  }

  /** Replaces all faults and resets their counts. */
  set(spec: FaultSpec): void {
    this.#state = fresh(spec);
    this.#save();
  }

  /** Adds faults. Existing ones go on unchanged. */
  add(spec: FaultSpec): void {
    const more = fresh(spec);
    const { spec: old, matched, fired } = this.#state;
    this.#state = {
      spec: {
        http: [...(old.http ?? []), ...(more.spec.http ?? [])],
        requests: [...(old.requests ?? []), ...(more.spec.requests ?? [])],
        listLag: more.spec.listLag ?? old.listLag,
      },
      matched: [...matched, ...more.matched],
      fired: [...fired, ...more.fired],
    };
    this.#save();
  }

  /** Removes all faults. */
  clear(): void {
    this.set({});
  }

  /** @internal */
  get listLag(): number {
    return this.#state.spec.listLag ?? 0;
  }

  /** @internal Returns the faults of this call, and counts it. */
  take(endpoint: Endpoint, batch?: string): CallFaults {
    const faults = this.#state.spec.http ?? [];
    const taken: CallFaults = { delayBefore: 0, delayAfter: 0 };
    let changed = false;
    for (const [index, fault] of faults.entries()) {
      if (!concerns(fault, endpoint, batch) || this.#isUsedUp(index, fault)) continue;
      if (fault.kind !== 'delay' && taken.failure) continue;
      changed = true;
      const call = this.#state.matched[index]!++;
      if (!fires(fault, call)) continue;
      this.#state.fired[index]!++;
      if (fault.kind === 'delay') addDelay(taken, fault);
      else taken.failure = fault;
    }
    if (changed) this.#save();
    return taken;
  }

  #isUsedUp(index: number, { times = 1 }: HttpFault): boolean {
    return times !== null && this.#state.fired[index]! >= times;
  }

  /** @internal Returns what a request was ordered: by its own marker, else by the first matching fault. */
  order(text: string, digest: Buffer): Order | undefined {
    const marked = markerIn(text);
    if (marked) return marked;
    const value = digest.readUInt32LE(0);
    return this.#state.spec.requests?.find(
      (fault) =>
        (fault.contains === undefined || text.includes(fault.contains)) &&
        fraction(fault.seed ?? 0, value) < (fault.fraction ?? 1),
    );
  }

  #save(): void {
    replaceFile(this.#file, JSON.stringify(this.#state));
  }
}

function fresh(value: FaultSpec): State {
  const spec = parseFaultSpec(value);
  const zeros = () => (spec.http ?? []).map(() => 0);
  return { spec, matched: zeros(), fired: zeros() };
}

/** Returns whether a fault is about calls of this endpoint and batch. */
function concerns(fault: HttpFault, endpoint: Endpoint, batch: string | undefined): boolean {
  if ((fault.endpoint ?? endpoint) !== endpoint || (fault.batch ?? batch) !== batch) return false;
  return ENDPOINTS_OF[fault.kind]?.includes(endpoint) ?? true;
}

/** Returns whether a fault fires at the call with this number, from 0, among those that it concerns. */
const fires = ({ skip = 0, seed = 0, probability = 1 }: HttpFault, call: number): boolean =>
  call >= skip && fraction(seed, call) < probability;

function addDelay(taken: CallFaults, fault: Delay): void {
  if (fault.when === 'before') taken.delayBefore += fault.ms;
  else taken.delayAfter += fault.ms;
}
