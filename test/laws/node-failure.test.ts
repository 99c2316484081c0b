/** A script meets the death of a kubelet: what B4 says, at the times it says, twice the same, in a moment. */
import { describe, expect, it } from 'vitest'
import { Flight } from '../../engine/index.ts'

const OPTIONS = {
  seed: 'node-failure',
  epochMs: Date.UTC(2026, 10, 20, 9),
  release: '1.35',
  controlPlanes: 1,
  workers: 2,
}

const SCRIPT = `
set -eu
kubectl create deployment web --image=nginx:1.27 >/dev/null
kubectl rollout status deploy/web >/dev/null
pod=$(kubectl get pods -l app=web -o name)
node=$(kubectl get $pod -o jsonpath='{.spec.nodeName}')
ssh $node sudo systemctl stop kubelet
sleep 40
echo "after 40 s: $(kubectl get node $node -o jsonpath='{.status.conditions[?(@.type=="Ready")].status}')"
sleep 30
echo "after 70 s: $(kubectl get node $node --no-headers | awk '{print $2}') $(kubectl get node $node -o jsonpath='{.status.conditions[?(@.type=="Ready")].status} {.status.conditions[?(@.type=="Ready")].reason}')"
echo taints: $(kubectl get node $node -o jsonpath='{range .spec.taints[*]}{.key}:{.effect} {end}')
echo "pod: $(kubectl get $pod --no-headers | awk '{print $2, $3}') Ready=$(kubectl get $pod -o jsonpath='{.status.conditions[?(@.type=="Ready")].status}')"
echo "marked for deletion: $(kubectl get pods -l app=web -o jsonpath='{.items[*].metadata.deletionTimestamp}' | wc -w)"
sleep 310
echo "after 380 s: $(kubectl get $pod --no-headers | awk '{print $3}'), elsewhere: $(kubectl get pods -l app=web --no-headers | grep -v "^\${pod#pod/} " | awk '{print $2, $3}')"
[ "$(kubectl get pods -l app=web -o jsonpath='{.items[?(@.status.phase=="Running")].spec.nodeName}' | tr ' ' '\\n' | sort -u | wc -l)" = 2 ] && echo "on two nodes"
kubectl get events --field-selector reason=NodeNotReady -o jsonpath='{range .items[*]}{.involvedObject.kind}: {.message}{"\\n"}{end}' | sed "s/$node/NODE/" | sort -u
kubectl get events --field-selector reason=TaintManagerEviction -o jsonpath='{range .items[*]}{.message}{"\\n"}{end}' | sed "s/\${pod#pod/}/POD/"
`

const SHOWN = `after 40 s: True
after 70 s: NotReady Unknown NodeStatusUnknown
taints: node.kubernetes.io/unreachable:NoSchedule node.kubernetes.io/unreachable:NoExecute
pod: 1/1 Running Ready=False
marked for deletion: 0
after 380 s: Terminating, elsewhere: 1/1 Running
on two nodes
Node: Node NODE status is now: NodeNotReady
Pod: Node is not ready
Marking for deletion Pod default/POD
`

describe('the script of a failing node', () => {
  it('shows what B4 says, and the same again from the same seed', { timeout: 60_000 }, async () => {
    const hashes: string[] = []
    for (const _ of [1, 2]) {
      const startedMs = performance.now()
      const flight = await Flight.launch(OPTIONS)
      const { code, stdout, stderr } = await flight.script(SCRIPT)
      console.log(
        `${Math.round(flight.nowMs / 1000)} s of the cluster's time in ${Math.round(performance.now() - startedMs)} ms`,
      )
      expect(stderr).toBe('')
      expect(stdout).toBe(SHOWN)
      expect(code).toBe(0)
      hashes.push(flight.hash())
    }
    expect(hashes[1]).toBe(hashes[0])
  })
})
