/** Which flags act on the simulation; the others are told of once, when they are set to what kubeadm would not set. */
import { movedGates } from './feature-gates.ts'
import type { Flags } from './pflag.ts'
import type { FlagValue } from './values.ts'

export interface Effects {
  /** Flags that act, and those of which nothing could be seen anyway. */
  acting: readonly string[]
  /** What kubeadm sets although it does not act here: name → its value, `*` for any. */
  kubeadm: Readonly<Record<string, string>>
  /** Gates that act. */
  gates?: readonly string[]
}

/** Nothing of these could be seen in a simulation. */
const UNSEEN =
  /^(v|vmodule|log-.*|logging-format|logtostderr|alsologtostderr|help|version|profiling|contention-profiling)$/

const same = (a: FlagValue | undefined, b: FlagValue): boolean => JSON.stringify(a) === JSON.stringify(b)

/** Names of flags, and `feature-gates=X` for gates, that were set and have no effect. */
export function withoutEffect(flags: Flags, { acting, kubeadm, gates = [] }: Effects, minor: number): string[] {
  return [...flags.given].flatMap(([name, value]) => {
    if (name === 'feature-gates')
      return movedGates(flags.map(name), minor)
        .filter((gate) => !gates.includes(gate))
        .map((gate) => `feature-gates=${gate}`)
    const usual = kubeadm[name]
    if (acting.includes(name) || UNSEEN.test(name) || usual === '*' || usual === String(value)) return []
    return same(flags.preset(name), value) ? [] : [name]
  })
}

/** What the process says of them at its start. */
export const notSimulated = (names: readonly string[]): string =>
  names.map((name) => `not simulated: --${name} has no effect\n`).join('')
