/** `kubectl version`. Models kubectl/pkg/cmd/version. */
import type { Proc, Run } from '../../../host/process.ts'
import { kubectlSkewWarning } from '../../../versions/skew.ts'
import type { Command, Context } from '../command.ts'
import { CommandError } from '../errors.ts'
import { makeYaml } from '../serialize.ts'
import { texts } from '../texts.ts'

interface Info {
  major: string
  minor: string
  gitVersion: string
  [field: string]: unknown
}

export const versionCommand: Command = { path: 'version', complete: 'none', run: runVersion }

function clientInfo(p: Proc): Info {
  const [major = '1', minor = '35'] = p.release.replace(/^v/, '').split('.')
  return {
    major,
    minor,
    gitVersion: `v${p.release.replace(/^v/, '')}`,
    gitCommit: 'simulated',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: 'go1.24',
    compiler: 'gc',
    platform: 'linux/amd64',
  }
}

function* runVersion(ctx: Context): Run<void> {
  const { flags, args, p } = ctx
  if (args.length > 0) throw new CommandError(`extra arguments: [${args.join(' ')}]`)
  const output = flags.text('output')
  if (output !== '' && output !== 'yaml' && output !== 'json')
    throw new CommandError(`--output must be 'yaml' or 'json'`)
  const kustomizeVersion = texts.kustomizeVersion(ctx.session.minor)
  const known = { clientVersion: clientInfo(p), kustomizeVersion }
  let failure: unknown
  let serverVersion: Info | undefined
  if (!flags.bool('client')) {
    try {
      serverVersion = yield* (yield* ctx.session.client()).get<Info>('/version', { timeout: '32s' })
    } catch (error) {
      failure = error
    }
  }
  yield* p.out(versionText(output, serverVersion ? { ...known, serverVersion } : known))
  if (failure !== undefined) throw failure
  if (serverVersion) yield* warnSkew(ctx, known.clientVersion, serverVersion)
}

function versionText(
  output: string,
  all: { clientVersion: Info; kustomizeVersion: string; serverVersion?: Info },
): string {
  if (output === 'json') return makeVersionJson(all)
  if (output === 'yaml') return makeYaml(all)
  const server = all.serverVersion ? `Server Version: ${all.serverVersion.gitVersion}\n` : ''
  return `Client Version: ${all.clientVersion.gitVersion}\nKustomize Version: ${all.kustomizeVersion}\n${server}`
}

/** Two spaces, fields as they are declared. */
const makeVersionJson = (all: unknown): string => `${JSON.stringify(all, null, 2)}\n`

/** The warning printer writes it since 1.34. */
function* warnSkew(ctx: Context, client: Info, server: Info): Run<void> {
  const text = kubectlSkewWarning(client.gitVersion, server.gitVersion)
  if (text !== undefined) yield* ctx.p.err(`${ctx.session.minor >= 34 ? 'Warning' : 'WARNING'}: ${text}\n`)
}
