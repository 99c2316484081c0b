/** Models kube-aggregator pkg/registry/apiservice/strategy.go. The server's own APIServices bring their status along. */
import type { Strategy } from '../strategy/strategy.ts'

export const apiServiceStrategy: Strategy = {
  keepsStatus: true,
  create: (_core, object, user) =>
    user?.name === 'system:apiserver' ? object : ({ ...object, status: {} } as typeof object),
}
