/** HorizontalPodAutoscalers. Models kubectl/pkg/describe HorizontalPodAutoscalerDescriber. */
import type { HorizontalPodAutoscaler } from '../../../objects/types.gen.ts'
import type { Describer } from './describer.ts'
import { annotationLines, labelLines, timeText } from './writer.ts'

export const hpaDescriber: Describer = {
  kinds: ['HorizontalPodAutoscaler.autoscaling'],
  *lines(w, object) {
    const { metadata, spec, status } = object as unknown as HorizontalPodAutoscaler
    w.field('Name', metadata.name)
    w.field('Namespace', metadata.namespace)
    labelLines(w, 'Labels', metadata.labels)
    annotationLines(w, metadata.annotations)
    w.field('CreationTimestamp', timeText(metadata.creationTimestamp))
    const target = spec?.scaleTargetRef
    w.field('Reference', `${target?.kind}/${target?.name}`)
    w.field('Metrics', '( current / target )')
    for (const [i, metric] of (spec?.metrics ?? []).entries()) {
      const resource = metric.resource
      if (!resource) {
        w.line(1, `<unknown metric type "${metric.type}">`)
        continue
      }
      const now = status?.currentMetrics?.[i]?.resource?.current
      const percent = resource.target.averageUtilization
      if (percent !== undefined && percent !== null) {
        const current =
          now?.averageUtilization === undefined ? '<unknown>' : `${now.averageUtilization}% (${now.averageValue})`
        w.line(1, `resource ${resource.name} on pods  (as a percentage of request):\t${current} / ${percent}%`)
      } else
        w.line(
          1,
          `resource ${resource.name} on pods:\t${now?.averageValue ?? '<unknown>'} / ${resource.target.averageValue}`,
        )
    }
    w.field('Min replicas', spec?.minReplicas ?? '<unset>')
    w.field('Max replicas', spec?.maxReplicas)
    w.field(`${target?.kind} pods`, `${status?.currentReplicas ?? 0} current / ${status?.desiredReplicas ?? 0} desired`)
    const conditions = status?.conditions ?? []
    if (conditions.length === 0) return
    w.line(0, 'Conditions:')
    w.line(1, 'Type\tStatus\tReason\tMessage')
    w.line(1, '----\t------\t------\t-------')
    for (const c of conditions) w.line(1, `${c.type}\t${c.status}\t${c.reason ?? ''}\t${c.message ?? ''}`)
  },
}
