/** The verbs that change something, in order of kubectl's help. */
import type { Command } from './command.ts'
import { annotateCommand } from './verbs/annotate.ts'
import { autoscaleCommand } from './verbs/autoscale.ts'
import { cordonCommand, uncordonCommand } from './verbs/cordon.ts'
import { createConfigMap } from './verbs/create/configmap.ts'
import { createCommand } from './verbs/create/create.ts'
import { createDeployment } from './verbs/create/deployment.ts'
import { createIngress } from './verbs/create/ingress.ts'
import { createCronJob, createJob } from './verbs/create/job.ts'
import { createNamespace } from './verbs/create/namespace.ts'
import { createPodDisruptionBudget } from './verbs/create/poddisruptionbudget.ts'
import { createPriorityClass } from './verbs/create/priorityclass.ts'
import { createQuota } from './verbs/create/quota.ts'
import { createClusterRole, createRole } from './verbs/create/role.ts'
import { createClusterRoleBinding, createRoleBinding } from './verbs/create/rolebinding.ts'
import { createSecrets } from './verbs/create/secret.ts'
import { createServiceAccount } from './verbs/create/serviceaccount.ts'
import { createServices } from './verbs/create/service.ts'
import { createToken } from './verbs/create/token.ts'
import { deleteCommand } from './verbs/delete.ts'
import { drainCommand } from './verbs/drain/drain.ts'
import { exposeCommand } from './verbs/expose.ts'
import { labelCommand } from './verbs/label.ts'
import { patchCommand } from './verbs/patch.ts'
import { runCommand } from './verbs/run.ts'
import { scaleCommand } from './verbs/scale.ts'
import { taintCommand } from './verbs/taint.ts'

export const mutatingCommands: readonly Command[] = [
  createCommand,
  createClusterRole,
  createClusterRoleBinding,
  createConfigMap,
  createCronJob,
  createDeployment,
  createIngress,
  createJob,
  createNamespace,
  createPodDisruptionBudget,
  createPriorityClass,
  createQuota,
  createRole,
  createRoleBinding,
  ...createSecrets,
  ...createServices,
  createServiceAccount,
  createToken,
  exposeCommand,
  runCommand,
  deleteCommand,
  scaleCommand,
  autoscaleCommand,
  cordonCommand,
  uncordonCommand,
  drainCommand,
  taintCommand,
  patchCommand,
  labelCommand,
  annotateCommand,
]
