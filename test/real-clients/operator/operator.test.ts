/** An operator written with @kubernetes/client-node meets a thousand changes and neither misses nor repeats one. */
import { ApiextensionsV1Api, CoreV1Api, KubeConfig } from '@kubernetes/client-node'
import type { V1CustomResourceDefinition } from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serveCluster } from '../../../server/cluster-server.ts'
import type { ClusterServer } from '../../../server/cluster-server.ts'
import { Operator } from './operator.ts'
import { DEFINITION, Widgets } from './widgets.ts'

const NAMES = Array.from({ length: 50 }, (_, index) => `w${index}`)
/** With a creation and a deletion each, twenty changes a widget. */
const RESIZES = 18

const until = async (holds: () => Promise<boolean> | boolean): Promise<void> => {
  for (let tries = 0; !(await holds()); tries++) {
    if (tries > 600) throw new Error('it never came to that')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

describe('an operator', () => {
  const config = new KubeConfig()
  let server: ClusterServer
  let operator: Operator
  /** resourceVersions of the changes, in order for each widget. */
  const changed = new Map<string, string[]>()

  beforeAll(async () => {
    server = await serveCluster({
      flight: { seed: 'operator', epochMs: Date.now() - 600_000, release: '1.35', controlPlanes: 1, workers: 1 },
      speed: 1,
    })
    config.loadFromString(server.kubeconfig)
    const extensions = config.makeApiClient(ApiextensionsV1Api)
    await extensions.createCustomResourceDefinition({ body: DEFINITION as V1CustomResourceDefinition })
    const widgets = new Widgets(config)
    await until(() =>
      widgets.list().then(
        () => true,
        () => false,
      ),
    )
    operator = new Operator(config)
    await operator.start()
  })
  afterAll(async () => {
    await operator.stop()
    await server.close()
  })

  /** The life of one widget: made, resized again and again. */
  async function live(widgets: Widgets, name: string): Promise<void> {
    const versions = [(await widgets.create(name, 0)).metadata?.resourceVersion ?? '']
    for (let size = 1; size <= RESIZES; size++)
      versions.push((await widgets.resize(name, size)).metadata?.resourceVersion ?? '')
    changed.set(name, versions)
  }

  it('hears each change once, in order', async () => {
    const widgets = new Widgets(config)
    await Promise.all(NAMES.map((name) => live(widgets, name)))
    await until(async () => (await widgets.list()).items.every(({ status }) => status?.size === RESIZES))
    const { items } = await config.makeApiClient(CoreV1Api).listNamespacedConfigMap({ namespace: 'default' })
    const sizes = items.filter(({ metadata }) => metadata?.name?.startsWith('widget-')).map(({ data }) => data?.size)
    expect(sizes).toEqual(NAMES.map(() => String(RESIZES)))

    await operator.idle()
    await Promise.all(NAMES.map((name) => widgets.delete(name)))
    await until(() => operator.told.filter(({ verb }) => verb === 'delete').length === NAMES.length)

    expect(operator.errors).toEqual([])
    const kept = operator.told.filter(({ verb }) => verb !== 'delete')
    const versions = kept.map(({ resourceVersion }) => resourceVersion)
    expect(new Set(versions).size).toBe(versions.length)
    expect([...versions].sort()).toEqual([...[...changed.values()].flat(), ...operator.written].sort())
    expect(kept.length + NAMES.length).toBeGreaterThanOrEqual(1_000)
    for (const name of NAMES) {
      const own = kept.filter((told) => told.name === name)
      expect(own.map(({ verb }) => verb)).toEqual(own.map((_, index) => (index === 0 ? 'add' : 'update')))
      const numbers = own.map(({ resourceVersion }) => Number(resourceVersion))
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
      expect([...new Set(own.map(({ generation }) => generation))]).toEqual(
        Array.from({ length: RESIZES + 1 }, (_, index) => index + 1),
      )
    }
    const orphans = async (): Promise<number> =>
      (await config.makeApiClient(CoreV1Api).listNamespacedConfigMap({ namespace: 'default' })).items.filter(
        ({ metadata }) => metadata?.name?.startsWith('widget-'),
      ).length
    await until(async () => (await orphans()) === 0)
  }, 120_000)
})
