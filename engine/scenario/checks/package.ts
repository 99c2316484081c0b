import { fields, flag, optional, text } from '../format/schema.ts'
import { hostName } from '../format/common.ts'
import { defineCheck, seen } from './check.ts'

const STATUS = '/var/lib/dpkg/status'

interface Found {
  version: string
  held: boolean
}

/** A row of dpkg's database; undefined: it is not installed. */
function rowOf(database: string, name: string): Found | undefined {
  const row = database.split(/\n\n+/).find((stanza) => stanza.split('\n').includes(`Package: ${name}`))
  const field = (of: string): string => new RegExp(`^${of}: (.*)$`, 'm').exec(row ?? '')?.[1] ?? ''
  if (!/ installed$/.test(field('Status'))) return undefined
  return { version: field('Version'), held: field('Status').startsWith('hold') }
}

const words = (version: string | undefined, held: boolean | undefined): string =>
  [version ?? '', held === undefined ? '' : held ? 'on hold' : 'not on hold'].filter((word) => word !== '').join(', ')

/** A Debian package on a host. */
export const packageCheck = defineCheck({
  schema: fields(
    {
      on: hostName,
      name: text('The package: kubelet, kubeadm.'),
      version: optional(text('Its version, or how it begins: 1.35.2-1.1, 1.35.2.')),
      held: optional(flag('It is on hold (apt-mark hold), or not.')),
      absent: optional(flag('It must not be installed.')),
    },
    'A package is installed on a host, in a version, on hold or not.',
  ),
  wanted: (of) =>
    of.absent === true
      ? `no package ${of.name} on ${of.on}`
      : `package ${of.name} on ${of.on}: ${words(of.version, of.held) || 'installed'}`,
  observe: async (of, { view }) => {
    const found = rowOf((await view.file(of.on, STATUS)) ?? '', of.name)
    if (found === undefined) return seen(of.absent === true, `${of.name} is not installed`)
    if (of.absent === true) return seen(false, `${of.name} ${found.version} is installed`)
    const right = of.version === undefined || found.version === of.version || found.version.startsWith(`${of.version}-`)
    return seen(right && (of.held ?? found.held) === found.held, words(found.version, found.held))
  },
  mentions: (of) => [
    { what: 'host', text: of.on },
    { what: 'name', text: of.name },
  ],
})
