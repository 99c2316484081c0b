/** `kubectl kustomize`. Models kubectl/pkg/cmd/kustomize over kustomize 5.6. Not modelled: Helm charts, functions in containers, repositories. */
import type { Proc, Run } from '../../../host/process.ts'
import { build, makeDocuments } from '../../kustomize/build.ts'
import { KustomizeError } from '../../kustomize/errors.ts'
import type { Command, Context } from '../command.ts'
import { klogHeader } from '../discovery.ts'
import type { FlagSpec } from '../flags.ts'
import { CommandError, notSimulated } from '../errors.ts'

const MANAGED_BY: FlagSpec = {
  name: 'enable-managedby-label',
  type: 'bool',
  default: 'false',
  usage: '',
  hidden: true,
  deprecated:
    'The flag `enable-managedby-label` has been deprecated. Use the `managedByLabel` option in the `buildMetadata` field instead.',
}

export const kustomizeCommand: Command = { path: 'kustomize', complete: 'none', flags: [MANAGED_BY], run: runKustomize }

const RESTRICTORS = ['LoadRestrictionsRootOnly', 'LoadRestrictionsNone']

/** Flags that only matter to programs kustomize would start. */
const REFUSED = ['enable-alpha-plugins', 'enable-helm', 'network']

/** A kustomization's own errors as the command's. */
export function* told<T>(run: Run<T>): Run<T> {
  try {
    return yield* run
  } catch (error) {
    throw error instanceof KustomizeError ? new CommandError(error.message.replace(/\n$/, '')) : error
  }
}

function* runKustomize(ctx: Context): Run<void> {
  const { p, args, flags } = ctx
  if (args.length > 1) throw new CommandError('specify one path to kustomization.yaml')
  const restrictor = flags.text('load-restrictor')
  if (!RESTRICTORS.includes(restrictor))
    throw new CommandError(
      `illegal flag value --load-restrictor ${restrictor}; legal values: [${RESTRICTORS.join(' ')}]`,
    )
  for (const flag of REFUSED) if (flags.bool(flag)) throw notSimulated(`kustomize --${flag}`)
  const unrestricted = restrictor === 'LoadRestrictionsNone'
  const managedByLabel = flags.bool('enable-managedby-label')
  const text = makeDocuments(yield* told(build(p, args[0] ?? '.', { unrestricted, managedByLabel, logHeader })))
  const output = flags.text('output')
  yield* output === '' ? p.out(text) : written(ctx, output, text)
}

/** kubectl's log takes the place of Go's. */
const logHeader = (p: Proc): Run<string> => klogHeader(p, 'I', 'log.go:245')

/** One file, or in a directory one for each object. */
function* written({ p }: Context, path: string, text: string): Run<void> {
  const stat = yield* p.stat(path)
  if (!('error' in stat) && stat.kind === 'directory') throw notSimulated('kustomize --output with a directory')
  const done = yield* p.writeFile(path, text)
  if ('error' in done) throw new CommandError(`open ${path}: no such file or directory`)
}
