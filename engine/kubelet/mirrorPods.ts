/**
 * The mirrors of static pods at the API server: made, taken up again, replaced when the manifest is another, and
 * removed. Models pkg/kubelet/pod/mirror_client.go and tryReconcileMirrorPods (F10).
 */
import type { Answer, Change, Informer } from '../api/client.ts'
import { isMirror, MIRROR } from '../objects/meta.ts'
import type { Pod } from '../objects/types.gen.ts'
import type { Core } from './core.ts'
import type { PodRecord } from './state.ts'
import { makeMirror, MIRROR_GONE_TAG, MIRROR_TAG } from './staticPods.ts'

/** A mirror that could not be made is tried again. Data: the uid of its pod. */
export const MIRROR_RETRY = 'mirror.retry'
/** A mirror that should have gone is looked at again. Data: its namespace and name. */
export const MIRROR_RECHECK = 'mirror.recheck'

export class MirrorPods {
  constructor(
    private readonly core: Core,
    private readonly pods: Pick<Informer<Pod>, 'get'>,
    /** Sends the status of a pod. */
    private readonly push: (record: PodRecord) => void,
  ) {}

  create(record: PodRecord): void {
    const body = makeMirror(record.pod, record.configHash ?? '', {
      name: this.core.nodeName,
      uid: this.core.node()?.metadata.uid,
    })
    this.core.client.call(
      { verb: 'create', resource: 'v1/pods', namespace: record.namespace, body },
      { kind: MIRROR_TAG, uid: record.uid },
    )
  }

  remove(namespace: string, name: string): void {
    this.core.client.call(
      {
        verb: 'delete',
        resource: 'v1/pods',
        namespace,
        name,
        body: { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0 },
      },
      { kind: MIRROR_GONE_TAG, reference: `${namespace}/${name}` },
    )
  }

  /** What did not go is tried again: at the next housekeeping, as each syncPod and HandlePodCleanups would. */
  removed({ code }: Answer, place: string): void {
    const isGone = (code >= 200 && code < 300) || code === 404
    if (!isGone) this.core.after(this.core.flags.housekeepingMs, MIRROR_RECHECK, place)
  }

  recheck(place: string): void {
    const [namespace = '', name = ''] = place.split('/')
    const shown = this.core.running ? this.pods.get(namespace, name) : undefined
    if (shown !== undefined && isMirror(shown)) this.changed({ type: 'modified', object: shown, old: shown })
  }

  answered(answer: Answer, uid: string): void {
    const record = this.core.records.get(uid)
    if (record === undefined || (answer.code >= 200 && answer.code < 300)) return
    if (answer.code === 409) return this.stands(record)
    this.core.after(this.core.flags.errorResyncMs, MIRROR_RETRY, uid)
  }

  /** The mirror of an earlier manifest goes; one of this manifest, left from before, is taken up again. */
  private stands({ namespace, name }: PodRecord): void {
    const shown = this.pods.get(namespace, name)
    if (shown !== undefined && isMirror(shown)) this.changed({ type: 'modified', object: shown, old: shown })
  }

  retry(uid: string): void {
    const record = this.core.records.get(uid)
    if (record === undefined || !this.core.running || record.removed === true || isMirror(record.pod)) return
    this.create(record)
  }

  changed(change: Change<Pod>): void {
    const { namespace = '', name, annotations, deletionTimestamp } = change.object.metadata
    const record = [...this.core.records.values()].find(
      (one) => one.source === 'file' && one.removed !== true && one.namespace === namespace && one.name === name,
    )
    if (change.type === 'deleted') return record === undefined ? undefined : this.recreate(record)
    if (record === undefined || annotations?.[MIRROR] !== record.configHash || deletionTimestamp !== undefined) {
      return this.remove(namespace, name)
    }
    const fresh = !isMirror(record.pod)
    record.pod = { ...record.pod, metadata: change.object.metadata, status: change.object.status }
    if (fresh) delete record.sent
    this.push(record)
  }

  private recreate(record: PodRecord): void {
    const { [MIRROR]: _gone, ...annotations } = record.pod.metadata.annotations ?? {}
    void _gone
    record.pod = { ...record.pod, metadata: { ...record.pod.metadata, annotations, uid: record.uid } }
    delete record.sent
    this.create(record)
  }
}
