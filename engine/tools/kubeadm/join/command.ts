/** `kubeadm join` and `kubeadm join phase …` (P2). Models cmd/kubeadm/app/cmd/join.go. */
import type { Command } from '../command.ts'
import { option } from '../options.ts'
import { conf } from '../paths.ts'
import { flatten, phaseHelp, runPhases } from '../workflow.ts'
import { joinData } from './data.ts'
import type { JoinData } from './data.ts'
import { joinPhases } from './phases.ts'

const FLAGS = [
  option.advertiseAddress,
  option.bindPort,
  option.certificateKey,
  option.config,
  option.controlPlane,
  option.criSocket,
  option.discoveryFile,
  option.discoveryToken,
  option.discoveryHash,
  option.discoveryUnsafe,
  option.dryRun,
  option.ignorePreflightErrors,
  option.nodeName,
  option.patches,
  option.skipPhases,
  option.tlsToken,
  option.joinToken,
]

const WORKER = `
This node has joined the cluster:
* Certificate signing request was sent to apiserver and a response was received.
* The Kubelet was informed of the new secure connection details.

Run 'kubectl get nodes' on the control-plane to see this node join the cluster.

`

const controlPlaneDone = (etcd: string): string => `
This node has joined the cluster and a new control plane instance was created:

* Certificate signing request was sent to apiserver and approval was received.
* The Kubelet was informed of the new secure connection details.
* Control plane label and taint were applied to the new node.
* The Kubernetes control plane instances scaled up.
${etcd}

To start administering your cluster from this node, you need to run the following as a regular user:

	mkdir -p $HOME/.kube
	sudo cp -i ${conf('admin')} $HOME/.kube/config
	sudo chown $(id -u):$(id -g) $HOME/.kube/config

Run 'kubectl get nodes' to see this node join the cluster.

`

function doneText({ join, cluster }: JoinData): string {
  if (join.controlPlane === undefined) return WORKER
  const stacked = cluster?.etcd.external === undefined
  return controlPlaneDone(stacked ? '* A new etcd member was added to the local/stacked etcd cluster.' : '')
}

const LONG = `When joining a kubeadm initialized cluster, we need to establish
bidirectional trust. This is split into discovery (having the Node
trust the Kubernetes Control Plane) and TLS bootstrap (having the
Kubernetes Control Plane trust the Node).

There are 2 main schemes for discovery. The first is to use a shared
token along with the IP address of the API server. The second is to
provide a file - a subset of the standard kubeconfig file.`

export function joinCommands(minor: number): Command[] {
  const phases = joinPhases(minor)
  const join: Command = {
    path: 'join',
    takes: '[api-server-endpoint]',
    short: 'Run this on any machine you wish to join an existing cluster',
    long: `${LONG}\n\n${phaseHelp('join [api-server-endpoint]', phases)}`,
    flags: FLAGS,
    maxArgs: 1,
    *run(ctx) {
      const data = yield* joinData(ctx)
      yield* runPhases(ctx.p, phases, { skip: data.skipPhases }, data)
      yield* ctx.p.out(doneText(data))
    },
  }
  const parent: Command = {
    path: 'join phase',
    short: 'Use this command to invoke single phase of the "join" workflow',
  }
  const single = flatten(phases).map(({ phase, path }): Command => ({
    path: `join phase ${path.replaceAll('/', ' ')}`,
    short: phase.short,
    flags: FLAGS,
    maxArgs: 1,
    ...(phase.phases === undefined && {
      *run(ctx) {
        yield* runPhases(ctx.p, phases, { only: path }, yield* joinData(ctx))
      },
    }),
  }))
  return [join, parent, ...single]
}
