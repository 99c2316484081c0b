/** `kubeadm version` (P4). Models cmd/kubeadm/app/cmd/version.go. */
import { makeYaml } from '../../objects/yaml.ts'
import { parseVersion } from '../../versions/index.ts'
import type { Command } from './command.ts'
import { KubeadmError } from './errors.ts'
import { flagSpec } from './options.ts'

function buildOf(version: string): Record<string, string> {
  const parsed = parseVersion(version)
  return {
    buildDate: '1970-01-01T00:00:00Z',
    compiler: 'gc',
    gitCommit: 'simulated',
    gitTreeState: 'clean',
    gitVersion: version,
    goVersion: 'go1.24',
    major: String(parsed?.major ?? 1),
    minor: String(parsed?.minor ?? 0),
    platform: 'linux/amd64',
  }
}

export const version: Command = {
  path: 'version',
  short: 'Print the version of kubeadm',
  flags: [
    flagSpec('output', 'string', "Output format; available options are 'yaml', 'json' and 'short'", { short: 'o' }),
  ],
  *run({ p, flags, version: own }) {
    const clientVersion = buildOf(own)
    const format = flags.text('output')
    if (format === 'short') yield* p.out(`${own}\n`)
    else if (format === 'yaml') yield* p.out(makeYaml({ clientVersion }))
    else if (format === 'json') yield* p.out(twoSpaces({ clientVersion }))
    else if (format === '') yield* p.out(`kubeadm version: &version.Info{${goFields(clientVersion)}}\n`)
    else throw new KubeadmError(`invalid output format: ${format}`)
  },
}

const twoSpaces = (value: object): string => `${JSON.stringify(value, null, 2)}\n`

const GO_NAMES = ['major', 'minor', 'gitVersion', 'gitCommit', 'gitTreeState', 'buildDate', 'goVersion', 'compiler', 'platform'] // prettier-ignore

const goFields = (info: Record<string, string>): string =>
  GO_NAMES.map((name) => `${name.charAt(0).toUpperCase()}${name.slice(1)}:${JSON.stringify(info[name])}`).join(', ')
