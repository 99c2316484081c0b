/** The verbs that only read, in order of kubectl's help. */
import type { Command } from './command.ts'
import { apiResourcesCommand, apiVersionsCommand } from './verbs/api-resources.ts'
import { attachCommand } from './verbs/attach.ts'
import { canICommand, whoamiCommand } from './verbs/auth.ts'
import { clusterInfoDumpCommand } from './verbs/cluster-info-dump.ts'
import { clusterInfoCommand } from './verbs/cluster-info.ts'
import { completionCommand, pluginListCommand } from './verbs/completion.ts'
import { configCommands } from './verbs/config.ts'
import { cpCommand } from './verbs/cp.ts'
import { debugCommand } from './verbs/debug.ts'
import { describeCommand } from './verbs/describe.ts'
import { eventsCommand } from './verbs/events.ts'
import { execCommand } from './verbs/exec.ts'
import { explainCommand } from './verbs/explain.ts'
import { getCommand } from './verbs/get.ts'
import { kustomizeCommand } from './verbs/kustomize.ts'
import { logsCommand } from './verbs/logs.ts'
import { topNodeCommand, topPodCommand } from './verbs/top.ts'
import { portForwardCommand } from './verbs/port-forward.ts'
import { proxyCommand } from './verbs/proxy.ts'
import { versionCommand } from './verbs/version.ts'
import { waitCommand } from './verbs/wait.ts'

export const readCommands: readonly Command[] = [
  explainCommand,
  getCommand,
  clusterInfoCommand,
  clusterInfoDumpCommand,
  topNodeCommand,
  topPodCommand,
  describeCommand,
  logsCommand,
  attachCommand,
  execCommand,
  portForwardCommand,
  cpCommand,
  proxyCommand,
  debugCommand,
  canICommand,
  whoamiCommand,
  eventsCommand,
  waitCommand,
  kustomizeCommand,
  completionCommand,
  apiResourcesCommand,
  apiVersionsCommand,
  ...configCommands,
  pluginListCommand,
  versionCommand,
]
