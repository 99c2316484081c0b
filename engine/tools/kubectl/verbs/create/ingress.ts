/** `kubectl create ingress`. Models kubectl/pkg/cmd/create/create_ingress.go. */
import { CommandError } from '../../errors.ts'
import type { FlagValues } from '../../flags.ts'
import { explicitNamespace, generatorCommand } from './generator.ts'

/** host/path=service:port[,tls[=secret]] */
const RULE = /^(?<host>[\w*.-]*)(?<path>\/[^=]*)?=(?<service>[^,:]+:[^,]+)(?<tls>,tls(?:=(?<secret>[\w.-]*))?)?$/
const SERVICE = /^[a-z0-9-]+:[\w-]+$/

interface Path {
  path: string
  pathType: string
  backend: object
}

interface Rule {
  host: string
  path: Path
  /** The secret of its TLS; empty for the controller's own, undefined without TLS. */
  secret: string | undefined
}

const backend = (text: string): object => {
  const [name = '', port = ''] = text.split(':')
  return { service: { name, port: /^\d+$/.test(port) ? { number: Number(port) } : { name: port } } }
}

function parseRule(text: string): Rule {
  const groups = RULE.exec(text)?.groups
  if (!groups || groups.path === undefined || !SERVICE.test(groups.service!))
    throw new CommandError(`rule ${text} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]`)
  const prefix = groups.path.endsWith('*')
  const path = {
    path: groups.path.replace(/\*$/, ''),
    pathType: prefix ? 'Prefix' : 'Exact',
    backend: backend(groups.service!),
  }
  return { host: groups.host ?? '', path, secret: groups.tls === undefined ? undefined : (groups.secret ?? '') }
}

/** Rules of one host stand together, hosts in order of their first rule. */
function rulesOf(rules: Rule[]): object[] {
  return [...new Set(rules.map(({ host }) => host))].map((host) => ({
    ...(host ? { host } : {}),
    http: { paths: rules.filter((rule) => rule.host === host).map(({ path }) => path) },
  }))
}

function tlsOf(rules: Rule[]): object[] {
  const secured = rules.filter(({ secret }) => secret !== undefined)
  return [...new Set(secured.map(({ secret }) => secret!))].flatMap((secret) => {
    const hosts = [...new Set(secured.filter((rule) => rule.secret === secret && rule.host).map(({ host }) => host))]
    if (hosts.length === 0 && !secret) return []
    return { ...(hosts.length > 0 ? { hosts } : {}), ...(secret ? { secretName: secret } : {}) }
  })
}

function annotationsOf(flags: FlagValues): object {
  const pairs = flags.list('annotation').map((text) => {
    const equals = text.indexOf('=')
    if (equals < 1) throw new CommandError(`annotation ${text} is invalid and should be in format key=[value]`)
    return [text.slice(0, equals), text.slice(equals + 1)]
  })
  return pairs.length > 0 ? { annotations: Object.fromEntries(pairs) as Record<string, string> } : {}
}

export const createIngress = generatorCommand({
  path: 'create ingress',
  failure: 'failed to create ingress: ',
  *make({ flags, ...ctx }, name, meta) {
    const fallback = flags.text('default-backend')
    if (flags.list('rule').length === 0 && fallback === '')
      throw new CommandError(
        'not enough information provided: every ingress has to either specify a default-backend (which catches all traffic) or a list of rules (which catch specific paths)',
      )
    const annotations = annotationsOf(flags)
    const rules = flags.list('rule').map(parseRule)
    if (fallback !== '' && fallback.split(':').length !== 2)
      throw new CommandError('default-backend should be in format servicename:serviceport')
    const tls = tlsOf(rules)
    return {
      kind: 'Ingress',
      apiVersion: 'networking.k8s.io/v1',
      metadata: meta({ name, ...(yield* explicitNamespace({ flags, ...ctx })), ...annotations }),
      spec: {
        ...(flags.text('class') ? { ingressClassName: flags.text('class') } : {}),
        ...(fallback ? { defaultBackend: backend(fallback) } : {}),
        ...(tls.length > 0 ? { tls } : {}),
        ...(rules.length > 0 ? { rules: rulesOf(rules) } : {}),
      },
      status: { loadBalancer: {} },
    }
  },
})
