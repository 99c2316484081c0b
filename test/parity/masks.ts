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
]

/** On twins, where the two commands come at two instants. */
const TWINS: Mask[] = [
  { find: /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, put: '<uid>' },
  { find: /(resourceVersion"?: ?)"\d+"/g, put: '$1"<version>"' },
  { find: /"?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"?/g, put: '<time>' },
  { find: /\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+]0000/g, put: '<time>' },
]

/** On twins, ages: seconds may turn between the two. The column is as wide as its widest. */
const AGES: Mask[] = [
  { find: /(?<=\s|\()(\d+[dhms]){1,2}(?=\s|\)|$)/g, put: '<age>' },
  { find: / +<age>/g, put: ' <age>' },
  { find: /<age> +/g, put: '<age> ' },
  { find: /\bAGE +/g, put: 'AGE ' },
]

function put(text: string, masks: Mask[]): string {
  return masks.reduce((now, { find, put: by }) => now.replace(find, by), text)
}

export function masked(_row: string, { code, stdout, stderr }: Ran, group: Group): Ran {
  const masks = group.twins === true ? [...CLIENT, ...TWINS, ...AGES] : CLIENT
  return { code, stdout: put(stdout, masks), stderr: put(stderr, masks) }
}
