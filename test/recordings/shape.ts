/**
 * The shape of an output: what stays when two runs of a real cluster print the same command differently, because of
 * timing, the scheduler's choice or the order of a map. Rows that STABILITY.json names are compared by it.
 */
import { normalize } from './normalize.ts'

const STATES =
  /\b(Pending|Running|ContainerCreating|Completed|Error|CrashLoopBackOff|ErrImagePull|ImagePullBackOff|RunContainerError|Terminating|PodInitializing|NotReady|Ready|True|False|true|false)\b/g

/** A line of `key: value`, of YAML, JSON or describe: the value varies, the key does not. */
const KEYED = /^(\s*-? ?"?[\w./ -]+"?):(\s|$).*/

/** One line for every step of a wait, and as many as there is time for. */
const PROGRESS = /^(Waiting for |evicting pod )/

function shapeOf(line: string): string {
  return line
    .replace(KEYED, '$1:')
    .replace(/\b[zr]\d\b/g, '<node>')
    .replace(STATES, '<state>')
    .replace(/\d+/g, 'N')
    .replace(/\s+/g, ' ')
    .trim()
}

export function shape(text: string): string {
  const lines = normalize(text)
    .split(/\n|, |; /)
    .filter((line) => line.trim() !== '' && !PROGRESS.test(line))
  return [...new Set(lines.map(shapeOf))].sort().join('\n')
}
