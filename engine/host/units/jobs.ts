/**
 * systemd's queue of jobs: what is to be started and stopped, and what waits for what. Models
 * src/core/{job,transaction}.c. Not modelled: job timeouts, job modes other than replace and isolate.
 */
export type JobKind = 'start' | 'stop' | 'restart'

export interface Job {
  id: number
  unit: string
  kind: JobKind
  /** Under way. */
  running: boolean
  /** The units after which this one starts, and before which it stops. */
  after: string[]
  /** For a target: what it pulls in, which it follows too. */
  pulls: string[]
  /** Without which it is not started. */
  needs: string[]
}

export interface JobHost {
  /** Begins a job whose turn has come. */
  run(job: Job): void
  /** Whether a unit that another one needs is there. */
  isUp(unit: string): boolean
  /** A needed unit did not come up. */
  failDependency(job: Job): void
}

const starts = ({ kind }: Job): boolean => kind === 'start'

export class Jobs {
  private readonly jobs = new Map<string, Job>()
  private counter = 0
  private pumping = false

  constructor(private readonly host: JobHost) {}

  nextId(): number {
    return ++this.counter
  }

  of(unit: string): Job | undefined {
    return this.jobs.get(unit)
  }

  list(): Job[] {
    return [...this.jobs.values()]
  }

  /** Adds a job, in place of another kind of job of the unit. Returns it, or the one that stands already. */
  add(job: Omit<Job, 'id' | 'running'>): Job {
    const there = this.jobs.get(job.unit)
    if (there?.kind === job.kind) return there
    const made: Job = { ...job, id: this.nextId(), running: false }
    this.jobs.delete(job.unit)
    this.jobs.set(job.unit, made)
    return made
  }

  done(unit: string): void {
    this.jobs.delete(unit)
  }

  clear(): void {
    this.jobs.clear()
  }

  /** Runs every job whose turn has come. */
  pump(): void {
    if (this.pumping || this.jobs.size === 0) return
    this.pumping = true
    while (this.step());
    this.pumping = false
  }

  private step(): boolean {
    const waiting = this.list().filter(({ running }) => !running)
    const free = waiting.filter((job) => !this.isBlocked(job))
    // An ordering cycle: systemd breaks it by letting one job go.
    const next = free[0] ?? (waiting.length > 0 && waiting.length === this.jobs.size ? waiting[0] : undefined)
    if (next === undefined) return false
    const missing =
      starts(next) &&
      next.needs.find((unit) => next.after.includes(unit) && !this.jobs.has(unit) && !this.host.isUp(unit))
    if (typeof missing === 'string') {
      this.jobs.delete(next.unit)
      this.host.failDependency(next)
      return true
    }
    next.running = true
    this.host.run(next)
    return true
  }

  private isBlocked(job: Job): boolean {
    for (const other of this.jobs.values()) {
      if (other === job) continue
      const follows =
        job.after.includes(other.unit) || (job.pulls.includes(other.unit) && !other.after.includes(job.unit))
      if (starts(job) && follows) return true
      if (!starts(job) && !starts(other) && other.after.includes(job.unit)) return true
      if (starts(job) && !starts(other) && other.after.includes(job.unit)) return true
    }
    return false
  }

  dump(): { jobs: Job[]; counter: number } {
    return { jobs: this.list(), counter: this.counter }
  }

  load({ jobs, counter }: { jobs: Job[]; counter: number }): void {
    this.jobs.clear()
    for (const job of jobs) this.jobs.set(job.unit, job)
    this.counter = counter
  }
}
