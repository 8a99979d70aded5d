/** The actions and results of a run. */
export class Figures {
  workerKills = 0;
  pointKills = 0;
  temporalKills = 0;
  simulatorKills = 0;
  freezes = 0;
  pointFreezes = 0;
  /** Longer than the grace period, and woken again. */
  longFreezes = 0;
  jobResets = 0;
  partResets = 0;
  cancels = 0;
  terminations = 0;
  partTerminations = 0;
  pauses = 0;
  /** Budgets that a person raised. */
  budgetsRaised = 0;
  /** How often a worker froze between gate and last bytes on order, for longer than the grace period. */
  windows = 0;
  /** Answers of jobs that were terminated. */
  collected = 0;
  /** Calls that met an HTTP fault. */
  httpFaults = 0;
  fullDisks = 0;
  clockSteps = 0;
  /** Signals of a hostile client that reached a running workflow. */
  junkSignals = 0;
  /** Requests that were ordered to fail. */
  requestFaults = 0;
  /** How often a job was resumed because of a held chunk. */
  held = 0;
  jobs = { completed: 0, canceled: 0, failed: 0, terminated: 0 };
  documents = 0;
  /** Documents whose request is equal to an earlier one of their job. */
  equal = 0;
  batches = 0;
  strangers = 0;
  billed = 0;
  presumedLost = 0;
  doubleOutside = 0;
  doubleInside = 0;
  /** Requests that were sent live, according to the jobs. */
  live = 0;
  /** How many of them were paid for again, and how many may have been, according to the jobs. */
  doubleCalls = 0;
  maybePaidTwice = 0;
  lostRows = 0;
  /** Documents without an answer because a fault made their row impossible to understand. */
  oddRows = 0;
  stuckJobs = 0;
  /** Billed and reported amounts, in words. */
  cost = '';

  get kills(): number {
    return this.workerKills + this.pointKills + this.temporalKills + this.simulatorKills;
  }

  get faults(): number {
    return this.httpFaults + this.requestFaults + this.fullDisks + this.clockSteps;
  }

  toString(): string {
    const { completed, canceled, failed, terminated } = this.jobs;
    const jobs = completed + canceled + failed + terminated + this.stuckJobs;
    return [
      [
        'kills (-9)',
        this.kills,
        `workers ${this.workerKills}, at points ${this.pointKills}, Temporal ${this.temporalKills}, ` +
          `API ${this.simulatorKills}`,
      ],
      [
        'freezes',
        this.freezes + this.pointFreezes,
        `at points ${this.pointFreezes}; longer than the grace, and woken, ${this.longFreezes}`,
      ],
      [
        'resets',
        this.jobResets + this.partResets,
        `jobs ${this.jobResets}, parts of jobs ${this.partResets}`,
      ],
      [
        'by hand',
        this.cancels + this.terminations + this.partTerminations + this.pauses + this.budgetsRaised,
        `jobs canceled ${this.cancels}, terminated ${this.terminations}, paused ${this.pauses}, ` +
          `budgets raised ${this.budgetsRaised}; parts of jobs terminated ${this.partTerminations}`,
      ],
      [
        'faults',
        this.faults,
        `HTTP ${this.httpFaults}, requests ${this.requestFaults}, full disks ${this.fullDisks}, clock ` +
          `steps ${this.clockSteps}`,
      ],
      ['junk signals', this.junkSignals, ''],
      [
        'jobs',
        jobs,
        `completed ${completed}, canceled ${canceled}, terminated and reconciled ${terminated}, failed ` +
          `${failed}`,
      ],
      [
        'documents',
        this.documents,
        `equal ${this.equal}; billed ${this.billed}; answers of terminated jobs ${this.collected}`,
      ],
      [
        'batches',
        this.batches,
        `strangers' ${this.strangers}; attempts presumed lost ${this.presumedLost}, resumed for a held chunk ${this.held}`,
      ],
      [
        'live',
        this.live,
        `paid for again ${this.doubleCalls}, of ${this.maybePaidTwice} possible ones that the jobs report`,
      ],
      ['cost', this.cost, ''],
      [
        'double payments',
        this.doubleOutside,
        `inside the named window, ordered ${this.windows} times, ${this.doubleInside}`,
      ],
      ['lost rows', this.lostRows, ''],
      ['odd rows', this.oddRows, ''],
      ['stuck jobs', this.stuckJobs, ''],
    ]
      .map(
        ([name, count, detail]) =>
          `${String(name).padEnd(16)}${String(count).padStart(6)}${detail ? `  (${detail})` : ''}`,
      )
      .join('\n');
  }
}
