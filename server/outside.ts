/**
 * The engine runs under a tripwire against clocks and timers, and so would anything that its listeners call.
 * What they hear is dealt with as soon as the engine has handed back control, in order.
 */
let waiting: (() => void)[] = []

function drain(): void {
  const now = waiting
  waiting = []
  for (const act of now) act()
}

export function outside(act: () => void): void {
  if (waiting.push(act) === 1) queueMicrotask(drain)
}
