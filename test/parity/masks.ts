/** What may not be the same on both sides, each mask with its reason. */
import type { Group } from './commands.ts'
import type { Ran } from './lane.ts'

interface Mask {
  find: RegExp
  put: string
}

/** Everywhere: the kubectl binary of this machine has a patch release and a build of its own. */
const CLIENT: Mask[] = [
  { find: /^Client Version: v1\.33\.\S+$/gm, put: 'Client Version: v1.33' },
  // A line of klog: time and process number.
  { find: /^[EW]\d{4} \d\d:\d\d:\d\d\.\d{6} +\d+ /gm, put: '<klog> ' },
  { find: /kubectl\/v1\.33\.\d+\S*/g, put: 'kubectl/v1.33' },
  // The file of an editor.
  { find: /kubectl-edit-\d+/g, put: 'kubectl-edit-<n>' },
  // The folders and times of `kubectl diff`.
  { find: /(LIVE|MERGED)-\d+/g, put: '$1-<n>' },
  { find: /\t\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{9} [+]0000/g, put: '\t<time>' },
  { find: /X509SHA256=[0-9a-f]{64}/g, put: 'X509SHA256=<sha>' },
  // The number that containerd gives an exec.
  { find: /\b[0-9a-f]{64}\b(?=": OCI)/g, put: '<exec>' },
]

/** Where both make an object, at two instants. */
const MADE: Mask[] = [
  { find: /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, put: '<uid>' },
  { find: /containerd:\/\/[0-9a-f]{64}/g, put: '<container>' },
  { find: /(resourceVersion"?: ?)"\d+"/g, put: '$1"<version>"' },
  { find: /"?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"?/g, put: '<time>' },
  { find: /\b10\.(9[6-9]|10\d|11[01])\.\d+\.\d+\b/g, put: '<ip>' },
  { find: /\b3[0-2]\d{3}\b/g, put: '<port>' },
  { find: /(?<=-)[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, put: '<name>' },
  { find: /\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+]0000/g, put: '<time>' },
]

/** On twins, ages and what hangs on the instant: the clocks of the two run apart while a command waits. */
const TWINS: Mask[] = [
  { find: /(?<=\s|\()((\d+[dhms]){1,2}|<invalid>)(?=\s|\)|$)/gm, put: '<age>' },
  // The hash of a template that names the time of a restart.
  { find: /\bapi-[bcdf2456789]{8,10}\b/g, put: 'api-<hash>' },
  { find: /(pod-template-hash: ?"?)[bcdf2456789]{8,10}/g, put: '$1<hash>' },
  // Of two nodes that are as good, the scheduler draws one.
  { find: /\bworker-[12]\b/g, put: 'worker-<n>' },
  { find: /\b172\.30\.1\.1[12]\b/g, put: '<host>' },
  { find: /\b10\.244\.\d+\.\d+\b/g, put: '<pod>' },
  // Columns are as wide as their widest cell.
  { find: /(?<=\S) {2,}(?=\S)| +$/gm, put: '  ' },
  { find: /-{4,}/g, put: '----' },
  // Which of the last events came as one too many.
  { find: /(?<=\(combined from similar events\): ).*/g, put: '<event>' },
  // How far a rollout was when the command first looked.
  { find: /^Waiting for .*\n/gm, put: '' },
]

function put(text: string, masks: Mask[]): string {
  return masks.reduce((now, { find, put: by }) => now.replace(find, by), text)
}

/** Rows whose lines Go prints in the random order of a map, or of goroutines. */
const UNORDERED = /^describe (cm|secret) | --list$|^(\$ kubectl )?drain |^logs .*(--all-containers| -l )/

/** Drain's warnings come from a map as well, in one line. */
const sortedParts = (line: string): string =>
  line.startsWith('Warning: ') ? `Warning: ${line.slice(9).split('; ').sort().join('; ')}` : line

const sortedLines = (text: string): string => text.split('\n').map(sortedParts).sort().join('\n')

export function masked(row: string, { code, stdout, stderr }: Ran, group: Group): Ran {
  const masks = [
    ...CLIENT,
    ...(group.makes === true || group.twins === true ? MADE : []),
    ...(group.twins === true ? TWINS : []),
  ]
  const order = UNORDERED.test(row) ? sortedLines : (text: string): string => text
  return { code, stdout: order(put(stdout, masks)), stderr: order(put(stderr, masks)) }
}
