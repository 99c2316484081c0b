/** `kubectl create <kind>`: an object out of flags, then dry run or POST. Models kubectl/pkg/cmd/create. */
import type { Run } from '../../../../host/process.ts'
import { dryRunOf, oneName, tellerOf, wrapped, writeQuery } from '../../changes.ts'
import type { ApiObject, ObjectMeta } from '../../client.ts'
import type { Command, Context } from '../../command.ts'
import { CommandError } from '../../errors.ts'
import type { FlagSpec } from '../../flags.ts'
import { withLastApplied } from '../../last-applied.ts'
import { pathOf } from '../../mapper.ts'
import { texts } from '../../texts.ts'

export interface Generator {
  path: string
  required?: string[]
  flags?: FlagSpec[]
  /** Put before the server's refusal; absent: the refusal as it is. */
  failure?: string
  /** The object, fields in the order of the Go type, since `-o json` shows it. */
  make(ctx: Context, name: string, meta: MetaMaker): Run<ApiObject> | ApiObject
}

/** Metadata in the order of the Go type; older releases print `creationTimestamp: null`. */
export type MetaMaker = (more: Pick<ObjectMeta, 'name' | 'namespace' | 'labels' | 'annotations'>) => ObjectMeta

export const metaMaker =
  (minor: number): MetaMaker =>
  ({ name, namespace, ...rest }) => ({
    ...(name ? { name } : {}),
    ...(namespace ? { namespace } : {}),
    ...(texts.nullCreationTimestamp(minor) ? { creationTimestamp: null } : {}),
    ...rest,
  })

export const generatorCommand = (generator: Generator): Command => ({
  path: generator.path,
  ...(generator.required ? { required: generator.required } : {}),
  ...(generator.flags ? { flags: generator.flags } : {}),
  complete: 'none',
  run: (ctx) => runGenerator(ctx, generator),
})

function* runGenerator(ctx: Context, generator: Generator): Run<void> {
  const name = oneName(ctx)
  const dryRun = yield* dryRunOf(ctx)
  const tell = yield* tellerOf(ctx, dryRun, true)
  const made = generator.make(ctx, name, metaMaker(ctx.session.minor))
  const built = 'next' in made ? yield* made as Run<ApiObject> : (made as ApiObject)
  const object = ctx.flags.bool('save-config') ? withLastApplied(built, true) : built
  yield* tell(
    dryRun === 'client' ? object : yield* posted(ctx, object, writeQuery(ctx, dryRun), generator.failure),
    'created',
  )
}

/** Posts a generated object. The answer has its kind and apiVersion. */
export function* posted(
  ctx: Context,
  object: ApiObject,
  query: Record<string, string>,
  failure?: string,
): Run<ApiObject> {
  const { apiVersion = '', kind = '' } = object
  const type = (yield* ctx.session.mapper()).forKind(apiVersion, kind)
  if (!type) throw new CommandError(`no matches for kind "${kind}" in version "${apiVersion}"`)
  const { namespace } = yield* ctx.session.namespace()
  const client = yield* ctx.session.client()
  try {
    const answer = yield* client.create(pathOf(type, namespace), object, query)
    return { ...asTyped(answer, ctx.session.minor), apiVersion, kind }
  } catch (error) {
    throw failure === undefined ? error : wrapped(failure, error)
  }
}

interface Templated {
  template?: { metadata?: object }
  jobTemplate?: { metadata?: object; spec?: Templated }
}

/** An answer as the Go types print it: older releases put `creationTimestamp: null` into the metadata of templates. */
export function asTyped(object: ApiObject, minor: number): ApiObject {
  const dated = (metadata: object | undefined): object => ({ creationTimestamp: null, ...metadata })
  const typed = (spec: Templated): Templated => ({
    ...spec,
    ...(spec.template ? { template: { ...spec.template, metadata: dated(spec.template.metadata) } } : {}),
    ...(spec.jobTemplate
      ? {
          jobTemplate: {
            ...spec.jobTemplate,
            metadata: dated(spec.jobTemplate.metadata),
            spec: typed(spec.jobTemplate.spec ?? {}),
          },
        }
      : {}),
  })
  if (!texts.nullCreationTimestamp(minor) || object.spec === undefined) return object
  return { ...object, spec: typed(object.spec as Templated) }
}

/** `{ namespace }` when `-n` was given: generated objects say only then where they are. */
export function* explicitNamespace(ctx: Context): Run<{ namespace?: string }> {
  const { namespace, explicit } = yield* ctx.session.namespace()
  return explicit ? { namespace } : {}
}
