/** Waiting on virtual time. Models cmd/kubeadm/app/util/apiclient/wait.go (P1). */
import type { Proc, Run } from '../../host/process.ts'
import { makeGoDuration, parseGoDuration } from '../../objects/duration.ts'
import { PORTS } from './paths.ts'
import { goError, KubeadmError } from './errors.ts'
import { say } from './session.ts'

/** Interval of all health checks. */
export const POLL_MS = 500

/** Asks again and again until it works. Throws the last error when the time is over. */
export function* retried<T>(p: Proc, timeoutMs: number, intervalMs: number, attempt: () => Run<T>): Run<T> {
  const endMs = (yield* p.now()) + timeoutMs
  for (;;) {
    try {
      return yield* attempt()
    } catch (error) {
      if (goError(error) === undefined) throw error
      const leftMs = endMs - (yield* p.now())
      if (leftMs <= 0) throw error
      yield* p.sleep(Math.min(intervalMs, leftMs))
    }
  }
}

/** `501.46834ms`: virtual time with the fraction that a real clock would show. */
function* elapsedText(p: Proc, startMs: number): Run<string> {
  const ms = (yield* p.now()) - startMs
  return makeGoDuration(ms + Math.round((yield* p.random()) * 999_999 + 1) / 1e6)
}

interface Health {
  name: string
  url: string
}

/** Why a health endpoint is not well; undefined: it is. */
function* ailment(p: Proc, { url }: Health): Run<string | undefined> {
  const answer = yield* p.http({
    url,
    request: { method: 'GET', query: {}, headers: { accept: 'application/json, */*' } },
    tls: { insecure: true },
    timeoutMs: 10_000,
  })
  if ('failure' in answer) return `Get "${url}": ${answer.message}`
  return answer.code === 200 ? undefined : `${url} returned HTTP status ${answer.code}`
}

const KUBELET_HELP = `
Unfortunately, an error has occurred, likely caused by:
	- The kubelet is not running
	- The kubelet is unhealthy due to a misconfiguration of the node in some way (required cgroups disabled)

If you are on a systemd-powered system, you can try to troubleshoot the error with the following commands:
	- 'systemctl status kubelet'
	- 'journalctl -xeu kubelet'

`

export const componentHelp = (socket: string): string => `
A control plane component may have crashed or exited when started by the container runtime.
To troubleshoot, list all containers using your preferred container runtimes CLI.
Here is one example how you may list all running Kubernetes containers by using crictl:
	- 'crictl --runtime-endpoint ${socket} ps -a | grep kube | grep -v pause'
	Once you have found the failing container, you can inspect its logs with:
	- 'crictl --runtime-endpoint ${socket} logs CONTAINERID'

`

const seconds = (text: string): string => makeGoDuration(parseGoDuration(text))

/** [kubelet-check]. `lines`: releases before 1.30 are silent while it goes well. */
export function* waitForKubelet(p: Proc, timeout: string, lines = true): Run<void> {
  const url = `http://127.0.0.1:${PORTS.kubeletHealthz}/healthz`
  if (lines)
    yield* say(p, `[kubelet-check] Waiting for a healthy kubelet at ${url}. This can take up to ${seconds(timeout)}`)
  const startMs = yield* p.now()
  const endMs = startMs + parseGoDuration(timeout)
  for (;;) {
    const why = yield* ailment(p, { name: 'kubelet', url })
    if (why === undefined) break
    if ((yield* p.now()) >= endMs) return yield* kubeletFailed(p, startMs, url, why)
    yield* p.sleep(POLL_MS)
  }
  if (lines) yield* say(p, `[kubelet-check] The kubelet is healthy after ${yield* elapsedText(p, startMs)}`)
}

function* kubeletFailed(p: Proc, startMs: number, url: string, why: string): Run<never> {
  yield* say(p, `[kubelet-check] The kubelet is not healthy after ${yield* elapsedText(p, startMs)}`)
  yield* p.out(KUBELET_HELP)
  throw new KubeadmError(
    `failed while waiting for the kubelet to start: The HTTP call equal to 'curl -sSL ${url}' returned error: ${why}`,
  )
}

export interface ControlPlaneAddresses {
  address: string
  bindPort: number
}

/** [control-plane-check]: every component, told in the order of becoming healthy. */
export function* waitForControlPlane(
  p: Proc,
  { address, bindPort }: ControlPlaneAddresses,
  timeout: string,
  socket: string,
): Run<void> {
  const pending: Health[] = [
    { name: 'kube-apiserver', url: `https://${address}:${bindPort}/livez` },
    { name: 'kube-controller-manager', url: `https://127.0.0.1:${PORTS.controllerManager}/healthz` },
    { name: 'kube-scheduler', url: `https://127.0.0.1:${PORTS.scheduler}/livez` },
  ]
  yield* say(
    p,
    `[control-plane-check] Waiting for healthy control plane components. This can take up to ${seconds(timeout)}`,
  )
  for (const { name, url } of pending) yield* say(p, `[control-plane-check] Checking ${name} at ${url}`)
  const startMs = yield* p.now()
  const endMs = startMs + parseGoDuration(timeout)
  const reasons = new Map<string, string>()
  for (;;) {
    for (const one of [...pending]) {
      const why = yield* ailment(p, one)
      if (why !== undefined) reasons.set(one.name, `${one.name} check failed at ${one.url}: ${why}`)
      else {
        pending.splice(pending.indexOf(one), 1)
        yield* say(p, `[control-plane-check] ${one.name} is healthy after ${yield* elapsedText(p, startMs)}`)
      }
    }
    if (pending.length === 0) return
    if ((yield* p.now()) >= endMs) break
    yield* p.sleep(POLL_MS)
  }
  for (const { name } of pending)
    yield* say(p, `[control-plane-check] ${name} is not healthy after ${yield* elapsedText(p, startMs)}`)
  yield* p.out(componentHelp(socket))
  const all = pending.map(({ name }) => reasons.get(name) ?? name)
  throw new KubeadmError(
    `failed while waiting for the control plane to start: ${all.length === 1 ? all[0] : `[${all.join(', ')}]`}`,
  )
}

/** Up to 1.32: the API server alone; up to 1.29 without [api-check]. */
export function* waitForApi(
  p: Proc,
  { address, bindPort }: ControlPlaneAddresses,
  timeout: string,
  { lines, socket }: { lines: boolean; socket: string },
): Run<void> {
  const health = { name: 'API server', url: `https://${address}:${bindPort}/healthz` }
  if (lines) yield* say(p, `[api-check] Waiting for a healthy API server. This can take up to ${seconds(timeout)}`)
  const startMs = yield* p.now()
  const endMs = startMs + parseGoDuration(timeout)
  while ((yield* ailment(p, health)) !== undefined) {
    if ((yield* p.now()) >= endMs) {
      if (lines) yield* say(p, `[api-check] The API server is not healthy after ${yield* elapsedText(p, startMs)}`)
      yield* p.out(olderHelp(socket))
      throw new KubeadmError('could not initialize a Kubernetes cluster')
    }
    yield* p.sleep(POLL_MS)
  }
  const took = yield* elapsedText(p, startMs)
  if (lines) yield* say(p, `[api-check] The API server is healthy after ${took}`)
  else yield* say(p, `[apiclient] All control plane components are healthy after ${secondsOnly(took)} seconds`)
}

const secondsOnly = (text: string): string => (parseGoDuration(text) / 1000).toFixed(6)

const olderHelp = (socket: string): string => `
Unfortunately, an error has occurred:
	timed out waiting for the condition

This error is likely caused by:
	- The kubelet is not running
	- The kubelet is unhealthy due to a misconfiguration of the node in some way (required cgroups disabled)

If you are on a systemd-powered system, you can try to troubleshoot the error with the following commands:
	- 'systemctl status kubelet'
	- 'journalctl -xeu kubelet'

Additionally, a control plane component may have crashed or exited when started by the container runtime.
To troubleshoot, list all containers using your preferred container runtimes CLI.
Here is one example how you may list all running Kubernetes containers by using crictl:
	- 'crictl --runtime-endpoint ${socket} ps -a | grep kube | grep -v pause'
	Once you have found the failing container, you can inspect its logs with:
	- 'crictl --runtime-endpoint ${socket} logs CONTAINERID'
`
