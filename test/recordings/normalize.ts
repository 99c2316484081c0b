/** The mask for comparing what two clusters print in the same session: what no two runs share becomes a token. */

const SUFFIX = 'bcdfghjklmnpqrstvwxz2456789'

const MASKS: [RegExp, string][] = [
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uid>'],
  [/\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| \+0000 UTC)?/g, '<ts>'],
  [/(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} 20\d\d \d\d:\d\d:\d\d \+0000/g, '<ts>'],
  [/(resourceVersion"?: ?"?)\d+/g, '$1<rv>'],
  [/\b(\d+d)?(\d+h)?(\d+m)?\d+(\.\d+)?s\b/g, '<age>'],
  [/\b\d+m?s\b|\b\d+m\d+s\b/g, '<age>'],
  [/<invalid>/g, '<age>'],
  [/\b10\.(9[6-9]|1[01]\d)\.\d+\.\d+/g, '<clusterIP>'],
  [/\b10\.244\.\d+\.\d+/g, '<podIP>'],
  [/\b3[0-2]\d{3}\b/g, '<nodePort>'],
  [new RegExp(`-[${SUFFIX}]{8,10}-[${SUFFIX}]{5}\\b`, 'g'), '-<hash>-<rnd>'],
  [new RegExp(`-(?=[${SUFFIX}]*\\d)[${SUFFIX}]{5}\\b`, 'g'), '-<rnd>'],
  [new RegExp(`(kube-api-access-|node-debugger-\\w+-|debugger-)[${SUFFIX}]{5}`, 'g'), '$1<rnd>'],
  [new RegExp(`-[${SUFFIX}]{5}(?=[\\s"/,:;)\\]]|$)`, 'g'), '-<rnd>'],
  [new RegExp(`-[${SUFFIX}]{8,10}\\b`, 'g'), '-<hash>'],
  [/\b[0-9a-f]{64}\b/g, '<sha>'],
  [/LS0tLS1[A-Za-z0-9+/=]+/g, '<pem64>'],
  [/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, '<jwt>'],
  [/\/tmp\/kubectl-edit[^ ":]*/g, '<tmp>'],
  [/\b[0-9a-f]{15,16}\b/g, '<eventid>'],
  [/fakeRuntime:\/\/\S+|containerd:\/\/\S+/g, '<containerID>'],
  [/(Resource Version: +)\d+/g, '$1<rv>'],
  [/\(0xc[0-9a-f]+\)/g, '(<ptr>)'],
  // go-cmp prints either kind of blank, by chance of the process.
  [/[ \u00a0]+/g, ' '],
  [/-{3,}/g, '---'],
]

/** What the recording's own surroundings put in: pod addresses of the fake runtime, the home of its user. */
const SURROUNDINGS: [RegExp, string][] = [
  [/\bExitCode:0\b/g, 'Completed'],
  [/"providerID":"kubemark:\/\/\w+",/g, ''],
  [/Debian GNU\/Linux 7 \(wheezy\)|Debian GNU\/Linux 12 \(bookworm\)|Ubuntu 24\.04\.3 LTS/g, '<os>'],
  [/\b(3\.16\.0-0\.bpo\.4-amd64|6\.18\.44-fc-v669|6\.8\.0-51-generic)\b/g, '<kernel>'],
  [/\b192\.168\.192\.168\b/g, '<podIP>'],
  [/\/home\/(cka|candidate)\b/g, '<home>'],
  [/\b(10\.200\.0\.1|172\.30\.1\.\d+)\b/g, '<hostIP>'],
  [
    /(pod-template-hash|controller-revision-hash)([=:"]+ ?"?)(?:(\w[\w.-]*)-)?[bcdfghjklmnpqrstvwxz2456789]{8,10}\b/g,
    '$1$2<hash>',
  ],
  [/https:\/\/(127\.0\.0\.1|<hostIP>):6443/g, '<server>'],
]

export function normalize(text: string): string {
  const masked = [...SURROUNDINGS, ...MASKS].reduce((result, [pattern, token]) => result.replace(pattern, token), text)
  return inOrder(masked)
}

/** Neighbouring lines whose names end in random suffixes stand in the order of those: any order is as good. */
function inOrder(text: string): string {
  const lines = text.split('\n')
  for (let from = 0; from < lines.length; from++) {
    let to = from
    while (lines[to]?.includes('<rnd>') === true) to++
    if (to - from > 1) lines.splice(from, to - from, ...lines.slice(from, to).sort())
    from = Math.max(from, to)
  }
  return lines.join('\n')
}

/** What the index of the recordings names for a session on top (`mask` in its start.json). */
const EXTRA: Record<string, (text: string) => string> = {
  'node choice when several fit': (text) => text.replace(/\b[zr]\d\b/g, '<node>'),
}

export const extraMask =
  (names: readonly string[] = []) =>
  (text: string): string =>
    names.reduce((result, name) => EXTRA[name]?.(result) ?? result, text)
