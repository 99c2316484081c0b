/** A pod made from a template, as Models pkg/controller/controller_utils.go GetPodFromTemplate (D4). */
import type { KubeObject } from '../../api/client.ts'
import type { OwnerReference, Pod, PodTemplateSpec } from '../../objects/types.gen.ts'
import type { ApiWrite } from '../controller.ts'

const MAX_NAME = 253

/** The prefix of generated names: `<owner>-`, or the bare name where that would be too long. */
export function podPrefix(ownerName: string): string {
  return ownerName.length + 1 <= MAX_NAME ? `${ownerName}-` : ownerName
}

export function podFromTemplate(owner: KubeObject, template: PodTemplateSpec, reference: OwnerReference): Pod {
  const { labels, annotations, finalizers } = template.metadata ?? { name: '' }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: '',
      generateName: podPrefix(owner.metadata.name),
      ...(labels !== undefined && { labels }),
      ...(annotations !== undefined && { annotations }),
      ...(finalizers !== undefined && { finalizers }),
      ownerReferences: [reference],
    },
    spec: template.spec,
  }
}

export function createPod(namespace: string | undefined, pod: Pod): ApiWrite {
  return { verb: 'create', resource: 'v1/pods', namespace, body: pod, mark: 'createPod' }
}

export function deletePod(pod: Pod): ApiWrite {
  const { namespace, name } = pod.metadata
  return { verb: 'delete', resource: 'v1/pods', namespace, name, mark: 'deletePod' }
}
