import type { Pod } from '../../objects/types.gen.ts'
import type { NodeInfo } from '../node-info.ts'
import type { Score } from '../plugin.ts'

const MB = 1024 * 1024
const MIN_THRESHOLD = 23 * MB
const MAX_CONTAINER_THRESHOLD = 1000 * MB

/** Models plugins/imagelocality (E2): nodes that have the images already are better. */
export const imageLocality: Score = {
  name: 'ImageLocality',
  weight: 1,
  score(pod, nodes, { nodes: all }) {
    const images = imagesOf(pod)
    const spread = new Map(images.map((image) => [image, all.filter((node) => sizeOn(node, image) > 0).length]))
    return nodes.map((node) => {
      const sum = images.reduce(
        (total, image) => total + Math.trunc((sizeOn(node, image) * (spread.get(image) ?? 0)) / all.length),
        0,
      )
      return scale(sum, images.length)
    })
  },
}

function imagesOf(pod: Pod): string[] {
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])]
  return containers.map(({ image }) => (/[:@][^/]*$/.test(image ?? '') ? (image ?? '') : `${image}:latest`))
}

const sizes = new WeakMap<object, Map<string, number>>()

/** Bytes of an image on a node, 0 when it is not there; read once for each list of images. */
function sizeOn({ node }: NodeInfo, image: string): number {
  const images = node.status?.images
  if (images === undefined) return 0
  let known = sizes.get(images)
  if (known === undefined) {
    known = new Map(
      images.flatMap(({ names, sizeBytes }) =>
        (names ?? []).map((name): [string, number] => [name.replace(/^docker\.io\/library\//, ''), sizeBytes ?? 0]),
      ),
    )
    sizes.set(images, known)
  }
  return known.get(image) ?? 0
}

function scale(sum: number, containers: number): number {
  const max = MAX_CONTAINER_THRESHOLD * containers
  const clamped = Math.min(Math.max(sum, MIN_THRESHOLD), max)
  return Math.trunc((100 * (clamped - MIN_THRESHOLD)) / (max - MIN_THRESHOLD))
}
