/** The custom resource of the operator, and typed requests for it. */
import { CustomObjectsApi, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node'
import type { KubernetesListObject, KubernetesObject, KubeConfig } from '@kubernetes/client-node'

export interface Widget extends KubernetesObject {
  spec: { size: number }
  status?: { observedGeneration?: number; size?: number }
}

const GROUP = 'kubeflight.example'
export const ADDRESS = { group: GROUP, version: 'v1', namespace: 'default', plural: 'widgets' }
export const PATH = `/apis/${GROUP}/v1/namespaces/default/widgets`

export const DEFINITION = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `widgets.${GROUP}` },
  spec: {
    group: GROUP,
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: { type: 'object', required: ['size'], properties: { size: { type: 'integer', minimum: 0 } } },
              status: {
                type: 'object',
                properties: { observedGeneration: { type: 'integer' }, size: { type: 'integer' } },
              },
            },
          },
        },
      },
    ],
  },
}

const MERGE = setHeaderOptions('Content-Type', PatchStrategy.MergePatch)

export class Widgets {
  private readonly api: CustomObjectsApi

  constructor(config: KubeConfig) {
    this.api = config.makeApiClient(CustomObjectsApi)
  }

  async list(): Promise<KubernetesListObject<Widget>> {
    return (await this.api.listNamespacedCustomObject(ADDRESS)) as KubernetesListObject<Widget>
  }

  async create(name: string, size: number): Promise<Widget> {
    const body = { apiVersion: `${GROUP}/v1`, kind: 'Widget', metadata: { name }, spec: { size } }
    return (await this.api.createNamespacedCustomObject({ ...ADDRESS, body })) as Widget
  }

  async resize(name: string, size: number): Promise<Widget> {
    return (await this.api.patchNamespacedCustomObject({ ...ADDRESS, name, body: { spec: { size } } }, MERGE)) as Widget
  }

  async report(name: string, status: Widget['status']): Promise<Widget> {
    return (await this.api.patchNamespacedCustomObjectStatus({ ...ADDRESS, name, body: { status } }, MERGE)) as Widget
  }

  async delete(name: string): Promise<void> {
    await this.api.deleteNamespacedCustomObject({ ...ADDRESS, name })
  }
}
