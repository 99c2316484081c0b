/** The verbs that change something, in order of kubectl's help. */
import type { Command } from './command.ts'
import { annotateCommand } from './verbs/annotate.ts'
import { applyCommand } from './verbs/apply/apply.ts'
import { editLastApplied } from './verbs/apply/edit-last-applied.ts'
import { setLastApplied, viewLastApplied } from './verbs/apply/last-applied.ts'
import { reconcileCommand } from './verbs/auth-reconcile.ts'
import { autoscaleCommand } from './verbs/autoscale.ts'
import { approveCommand, denyCommand } from './verbs/certificate.ts'
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
import { diffCommand } from './verbs/diff.ts'
import { drainCommand } from './verbs/drain/drain.ts'
import { editCommand } from './verbs/edit.ts'
import { exposeCommand } from './verbs/expose.ts'
import { labelCommand } from './verbs/label.ts'
import { patchCommand } from './verbs/patch.ts'
import { replaceCommand } from './verbs/replace.ts'
import { rolloutHistory } from './verbs/rollout/history.ts'
import { rolloutStatus } from './verbs/rollout/status.ts'
import { rolloutSteps } from './verbs/rollout/steps.ts'
import { rolloutUndo } from './verbs/rollout/undo.ts'
import { runCommand } from './verbs/run.ts'
import { scaleCommand } from './verbs/scale.ts'
import { setEnvCommand } from './verbs/set/env.ts'
import { setImageCommand } from './verbs/set/image.ts'
import { setResourcesCommand } from './verbs/set/resources.ts'
import { setSelectorCommand } from './verbs/set/selector.ts'
import { setServiceAccountCommand } from './verbs/set/serviceaccount.ts'
import { setSubjectCommand } from './verbs/set/subject.ts'
import { taintCommand } from './verbs/taint.ts'

export const mutatingCommands: readonly Command[] = [
  reconcileCommand,
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
  setEnvCommand,
  setImageCommand,
  setResourcesCommand,
  setSelectorCommand,
  setServiceAccountCommand,
  setSubjectCommand,
  editCommand,
  deleteCommand,
  rolloutHistory,
  ...rolloutSteps,
  rolloutStatus,
  rolloutUndo,
  scaleCommand,
  autoscaleCommand,
  cordonCommand,
  uncordonCommand,
  drainCommand,
  taintCommand,
  diffCommand,
  applyCommand,
  editLastApplied,
  setLastApplied,
  viewLastApplied,
  patchCommand,
  replaceCommand,
  labelCommand,
  annotateCommand,
  approveCommand,
  denyCommand,
]
