/** `kubectl set image`. */
import type { Run } from '../../../../host/process.ts'
import type { Command, Context } from '../../command.ts'
import { CommandError } from '../../errors.ts'
import { parsePairs, splitPairs } from '../../pairs.ts'
import { changePodSpec, podSpecOf, type Container, type PodSpec } from '../../pod-template.ts'
import { changeObjects, hasObjects } from './change.ts'

export const setImageCommand: Command = { path: 'set image', complete: 'types', run: runSetImage }

function* runSetImage(ctx: Context): Run<void> {
  const { objects, pairs } = splitPairs(ctx.args, 'image')
  const { set: images } = parsePairs(pairs, 'image')
  if (hasObjects(ctx, objects) && Object.keys(images).length === 0)
    throw new CommandError('at least one image update is required')
  if (images['*'] !== undefined && Object.keys(images).length > 1)
    throw new CommandError(
      'all containers are already specified by *, but saw more than one container_name=container_image pairs',
    )
  yield* changeObjects(ctx, objects, {
    operation: 'image updated',
    failure: 'failed to patch image update to pod template: ',
    problems: (info) => missingContainers(podSpecOf(info.object), images),
    apply: (info) => changePodSpec(info.object, (spec) => withImages(spec, images)),
  })
}

/** Names that no container has; the others are changed all the same. */
function missingContainers(spec: PodSpec, images: Record<string, string>): CommandError[] {
  const names = new Set([...(spec.initContainers ?? []), ...(spec.containers ?? [])].map(({ name }) => name))
  return Object.keys(images)
    .filter((name) => name !== '*' && !names.has(name))
    .map((name) => new CommandError(`unable to find container named "${name}"`))
}

function withImages(spec: PodSpec, images: Record<string, string>): PodSpec {
  const change = (container: Container): Container => {
    const image = images[container.name] ?? images['*']
    return image === undefined ? container : { ...container, image }
  }
  return {
    ...spec,
    ...(spec.initContainers ? { initContainers: spec.initContainers.map(change) } : {}),
    ...(spec.containers ? { containers: spec.containers.map(change) } : {}),
  }
}
