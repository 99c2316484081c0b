/** All commands by path. What a release does not have is not found. */
import * as certs from './certs/commands.ts'
import type { Command } from './command.ts'
import * as config from './config/commands.ts'
import { initCommands } from './init/command.ts'
import { joinCommands } from './join/command.ts'
import { kubeconfig, kubeconfigUser } from './kubeconfig-command.ts'
import { resetCommands } from './reset/command.ts'
import * as token from './token/commands.ts'
import { upgradeCommands } from './upgrade/index.ts'
import { version } from './version-command.ts'

const ROOT: Command = {
  path: '',
  short: 'kubeadm: easily bootstrap a secure Kubernetes cluster',
  long: `
    ┌──────────────────────────────────────────────────────────┐
    │ KUBEADM                                                  │
    │ Easily bootstrap a secure Kubernetes cluster             │
    │                                                          │
    │ Please give us feedback at:                              │
    │ https://github.com/kubernetes/kubeadm/issues             │
    └──────────────────────────────────────────────────────────┘

Example usage:

    Create a two-machine cluster with one control-plane node
    (which controls the cluster), and one worker node
    (where your workloads, like Pods and Deployments run).

    ┌──────────────────────────────────────────────────────────┐
    │ On the first machine:                                    │
    ├──────────────────────────────────────────────────────────┤
    │ control-plane# kubeadm init                              │
    └──────────────────────────────────────────────────────────┘

    ┌──────────────────────────────────────────────────────────┐
    │ On the second machine:                                   │
    ├──────────────────────────────────────────────────────────┤
    │ worker# kubeadm join <arguments-returned-from-init>      │
    └──────────────────────────────────────────────────────────┘

    You can then repeat the second step on as many other machines as you like.
`,
}

function commandsOf(minor: number): Command[] {
  return [
    ROOT,
    certs.certs,
    certs.certificateKey,
    certs.checkExpiration,
    certs.generateCsr,
    ...certs.renewCommands(minor),
    config.config,
    config.configImages,
    config.imagesList,
    config.imagesPull,
    config.migrate,
    config.configPrint,
    config.printInitDefaults,
    config.printJoinDefaults,
    ...(minor >= 31 ? [config.printResetDefaults, config.printUpgradeDefaults] : []),
    ...(minor >= 26 ? [config.validate] : []),
    ...initCommands(minor),
    ...joinCommands(minor),
    kubeconfig,
    kubeconfigUser,
    ...resetCommands(minor),
    token.token,
    token.tokenCreate,
    token.tokenDelete,
    token.tokenGenerate,
    token.tokenList,
    ...upgradeCommands(minor),
    version,
  ]
}

/** By minor. Derived, so that nothing of it lasts. */
const known = new Map<number, Map<string, Command>>()

function byPath(minor: number): Map<string, Command> {
  let commands = known.get(minor)
  if (commands === undefined) {
    commands = new Map(commandsOf(minor).map((command) => [command.path, command]))
    known.set(minor, commands)
  }
  return commands
}

export const commandAt = (path: string, minor: number): Command | undefined => byPath(minor).get(path)

/** The commands right under one. */
export function childrenOf(path: string, minor: number): Command[] {
  const depth = path === '' ? 1 : path.split(' ').length + 1
  return [...byPath(minor).values()].filter(
    (one) =>
      one.path !== '' && one.path.split(' ').length === depth && (path === '' || one.path.startsWith(`${path} `)),
  )
}
