/** `kubectl create secret generic|docker-registry|tls`. Models kubectl/pkg/cmd/create/create_secret*.go. Not modelled: whether key and certificate belong together. */
import type { Proc, Run } from '../../../../host/process.ts'
import type { ApiObject } from '../../client.ts'
import type { Command, Context } from '../../command.ts'
import { encodeBase64 } from '../../config/connection.ts'
import { CommandError } from '../../errors.ts'
import type { FlagValues } from '../../flags.ts'
import { collectData, sortedData, type Data } from '../../key-values.ts'
import { goJson } from '../../last-applied.ts'
import { nameHash } from '../../name-hash.ts'
import { explicitNamespace, generatorCommand, type MetaMaker } from './generator.ts'

interface SecretForm {
  word: string
  type(flags: FlagValues): string
  data(ctx: Context, name: string): Run<Data>
}

function dockerConfig(flags: FlagValues): string {
  const [username, password, email] = [
    flags.text('docker-username'),
    flags.text('docker-password'),
    flags.text('docker-email'),
  ]
  const entry = { username, password, ...(email ? { email } : {}), auth: encodeBase64(`${username}:${password}`) }
  return goJson({ auths: { [flags.text('docker-server')]: entry } })
}

function* dockerData(ctx: Context, name: string): Run<Data> {
  const { flags } = ctx
  const complete = ['docker-username', 'docker-password', 'docker-server'].every((flag) => flags.text(flag) !== '')
  const fromFile = flags.list('from-file').length > 0
  if (!fromFile && !complete)
    throw new CommandError(
      'either --from-file or the combination of --docker-username, --docker-password and --docker-server is required',
    )
  return fromFile
    ? yield* collectData(ctx.p, flags, 'Secret', name)
    : new Map([['.dockerconfigjson', dockerConfig(flags)]])
}

function* pem(p: Proc, path: string): Run<string> {
  const file = yield* p.readFile(path)
  if ('text' in file) return file.text
  throw new CommandError(
    `Cannot read file ${path}, open ${path}: ${file.error === 'EACCES' ? 'permission denied' : 'no such file or directory'}`,
  )
}

/** crypto/tls's words for inputs that are no PEM of their kind. */
function checkPair(cert: string, key: string): void {
  const isCert = /-----BEGIN CERTIFICATE-----/.test(cert)
  if (!isCert && /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/.test(cert))
    throw new CommandError(
      'tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched',
    )
  if (!isCert) throw new CommandError('tls: failed to find any PEM data in certificate input')
  if (/-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/.test(key)) return
  if (/-----BEGIN CERTIFICATE-----/.test(key))
    throw new CommandError('tls: found a certificate rather than a key in the PEM for the private key')
  throw new CommandError('tls: failed to find any PEM data in key input')
}

function* tlsData({ p, flags }: Context): Run<Data> {
  const [certPath, keyPath] = [flags.text('cert'), flags.text('key')]
  if (certPath === '' || keyPath === '') throw new CommandError('key and cert must be specified')
  const cert = yield* pem(p, certPath)
  const key = yield* pem(p, keyPath)
  checkPair(cert, key)
  return new Map([
    ['tls.crt', cert],
    ['tls.key', key],
  ])
}

const FORMS: SecretForm[] = [
  {
    word: 'generic',
    type: (flags) => flags.text('type'),
    data: (ctx, name) => collectData(ctx.p, ctx.flags, 'Secret', name),
  },
  { word: 'docker-registry', type: () => 'kubernetes.io/dockerconfigjson', data: dockerData },
  { word: 'tls', type: () => 'kubernetes.io/tls', data: (ctx) => tlsData(ctx) },
]

function* makeSecret(ctx: Context, form: SecretForm, name: string, meta: MetaMaker): Run<ApiObject> {
  const data = Object.fromEntries(
    sortedData(yield* form.data(ctx, name)).map(([key, value]) => [key, encodeBase64(value)]),
  )
  const type = form.type(ctx.flags)
  const suffix = ctx.flags.bool('append-hash') ? `-${nameHash({ kind: 'Secret', type, name, data })}` : ''
  return {
    kind: 'Secret',
    apiVersion: 'v1',
    metadata: meta({ name: name + suffix, ...(yield* explicitNamespace(ctx)) }),
    ...(Object.keys(data).length > 0 ? { data } : {}),
    ...(type ? { type } : {}),
  }
}

export const createSecrets: Command[] = FORMS.map((form) =>
  generatorCommand({
    path: `create secret ${form.word}`,
    failure: 'failed to create secret ',
    make: (ctx, name, meta) => makeSecret(ctx, form, name, meta),
  }),
)
