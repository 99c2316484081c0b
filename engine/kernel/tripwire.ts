/**
 * The tripwire: while it is set, reaching for the wall clock, unseeded randomness or a timer throws.
 * The engine runs under it in every test and in every session.
 */
const MESSAGE = "is outside the simulation: use the kernel's clock, queue and random streams"

type Restore = () => void

const ALARMS = new Map<string, () => never>()

function alarmOf(name: string): () => never {
  let alarm = ALARMS.get(name)
  if (alarm === undefined) {
    alarm = () => {
      throw new Error(`tripwire: ${name} ${MESSAGE}`)
    }
    ALARMS.set(name, alarm)
  }
  return alarm
}

function trap(owner: object, name: string): Restore {
  const original = Object.getOwnPropertyDescriptor(owner, name)
  if (original === undefined) return () => undefined
  Object.defineProperty(owner, name, { ...original, value: alarmOf(name) })
  return () => Object.defineProperty(owner, name, original)
}

/** One class a Date that it guards: code that makes dates stays fast. */
const GUARDED = new Map<DateConstructor, DateConstructor>()

function guarded(Original: DateConstructor): DateConstructor {
  class GuardedDate extends Original {
    constructor(value: number, ...parts: number[]) {
      if (value === undefined) throw new Error(`tripwire: new Date() ${MESSAGE}`)
      if (parts.length === 0) super(value)
      else super(value, ...(parts as [number]))
    }
    static override now(): number {
      throw new Error(`tripwire: Date.now ${MESSAGE}`)
    }
  }
  return GuardedDate as unknown as DateConstructor
}

function trapDate(): Restore {
  const Original = globalThis.Date
  let guard = GUARDED.get(Original)
  if (guard === undefined) {
    GUARDED.clear()
    GUARDED.set(Original, (guard = guarded(Original)))
  }
  globalThis.Date = guard
  return () => void (globalThis.Date = Original)
}

/** Runs synchronous engine code with the tripwire set, and takes it away again whatever happens. */
export function underTripwire<T>(run: () => T): T {
  const restores = [
    trapDate(),
    trap(Math, 'random'),
    ...['setTimeout', 'setInterval', 'setImmediate', 'requestAnimationFrame'].map((name) => trap(globalThis, name)),
    trap(Object.getPrototypeOf(performance) as object, 'now'),
  ]
  try {
    return run()
  } finally {
    for (const restore of restores.reverse()) restore()
  }
}
