/** `kubectl create service …`. Models kubectl/pkg/cmd/create/create_service.go. */
import type { Command } from '../../command.ts'
import { CommandError } from '../../errors.ts'
import type { FlagValues } from '../../flags.ts'
import { explicitNamespace, generatorCommand } from './generator.ts'

interface ServicePort {
  name: string
  protocol: string
  port: number
  targetPort: number | string
  nodePort?: number
}

function portNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new CommandError(`strconv.ParseUint: parsing "${text}": invalid syntax`)
  if (Number(text) > 65535) throw new CommandError(`strconv.ParseUint: parsing "${text}": value out of range`)
  return Number(text)
}

/** `80`, `80:8080`, `443:https`. */
function parsePort(text: string, nodePort: number): ServicePort {
  const [first = '', ...rest] = text.split(':')
  const port = portNumber(first)
  const target = rest.length === 0 ? first : rest.join(':')
  return {
    name: text.replaceAll(':', '-'),
    protocol: 'TCP',
    port,
    targetPort: targetPort(target),
    ...(nodePort ? { nodePort } : {}),
  }
}

function targetPort(text: string): number | string {
  if (/^-?\d+$/.test(text)) {
    if (Number(text) < 1 || Number(text) > 65535) throw new CommandError('must be between 1 and 65535, inclusive')
    return Number(text)
  }
  const problem = nameProblem(text)
  if (problem) throw new CommandError(problem)
  return text
}

function nameProblem(text: string): string | undefined {
  if (text.length > 15) return 'must be no more than 15 characters'
  if (!/^[-a-z0-9]+$/.test(text)) return 'must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)'
  if (!/[a-z]/.test(text)) return 'must contain at least one letter (a-z)'
  if (text.includes('--')) return 'must not contain consecutive hyphens'
  return /^-|-$/.test(text) ? 'must not begin or end with a hyphen' : undefined
}

interface ServiceForm {
  word: string
  type: string
  required?: string[]
  check(flags: FlagValues): void
  more(flags: FlagValues): object
}

const needsPort = (flags: FlagValues): void => {
  if (flags.list('tcp').length === 0) throw new CommandError('at least one tcp port specifier must be provided')
}

const FORMS: ServiceForm[] = [
  {
    word: 'clusterip',
    type: 'ClusterIP',
    check(flags) {
      if (flags.text('clusterip') !== 'None') needsPort(flags)
    },
    more: (flags) => (flags.text('clusterip') ? { clusterIP: flags.text('clusterip') } : {}),
  },
  { word: 'nodeport', type: 'NodePort', check: needsPort, more: () => ({}) },
  { word: 'loadbalancer', type: 'LoadBalancer', check: needsPort, more: () => ({}) },
  {
    word: 'externalname',
    type: 'ExternalName',
    required: ['external-name'],
    check: () => undefined,
    more: (flags) => ({ externalName: flags.text('external-name') }),
  },
]

const serviceCommand = (form: ServiceForm): Command =>
  generatorCommand({
    path: `create service ${form.word}`,
    ...(form.required ? { required: form.required } : {}),
    failure: `failed to create ${form.type} service: `,
    *make({ flags, ...ctx }, name, meta) {
      form.check(flags)
      const nodePort = form.word === 'nodeport' ? flags.int('node-port') : 0
      const ports = flags.list('tcp').map((text) => parsePort(text, nodePort))
      const labels = { app: name }
      return {
        kind: 'Service',
        apiVersion: 'v1',
        metadata: meta({ name, ...(yield* explicitNamespace({ flags, ...ctx })), labels }),
        spec: {
          ...(ports.length > 0 ? { ports } : {}),
          selector: labels,
          ...clusterIpFirst(form.more(flags), form.type),
        },
        status: { loadBalancer: {} },
      }
    },
  })

/** clusterIP stands before the type, externalName after it. */
const clusterIpFirst = (more: object, type: string): object =>
  'externalName' in more ? { type, ...more } : { ...more, type }

export const createServices: Command[] = FORMS.map(serviceCommand)
