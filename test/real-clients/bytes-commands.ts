/** What both kubectls are told, in order, on one cluster; and where they may differ. */
export interface Step {
  command: string
  /** What of the texts is compared, where they may differ, and why. */
  allowed?: { reason: string; normalize: (text: string) => string }
}

const ages = {
  reason: 'a second may pass between the two',
  normalize: (text: string): string =>
    text
      .replace(/\b\d+m?s?(\d+s)?( ago)?\b(?= |\n|\))/g, 'AGE')
      .replace(/ {2,}/g, '  ')
      .replace(/ +\n/g, '\n'),
}
/** More than twelve events of few instants: Go's sort is not stable, so their order says nothing. */
const unordered = {
  reason: 'events of one instant come in any order',
  normalize: (text: string): string => ages.normalize(text).split('\n').sort().join('\n'),
}
const byMap = {
  reason: "kubectl walks one of Go's maps, whose order is drawn",
  normalize: (text: string): string =>
    text
      .split(/\n|, |; |: |[[\]]/)
      .sort()
      .join('\n'),
}
const AGED = [
  'get nodes -o wide',
  'get pods',
  'get pods -o wide',
  'get pods -A',
  'get all',
  'get pods --show-labels',
  'get nodes -L disk',
  'describe pod broken',
  'describe pod box',
  'describe deploy web',
  'describe svc web',
  'describe node worker-2',
]
const EXACT = [
  'get pods -o name',
  'get deploy web -o yaml',
  'get deploy web -o json',
  'get svc web -o yaml',
  'get secret door -o yaml',
  'get node worker-1 -o jsonpath={.metadata.labels}',
  'get pods -o custom-columns=NAME:.metadata.name,IMAGE:.spec.containers[*].image',
  'get pods --sort-by=.metadata.name -o name',
  'get pods --field-selector=status.phase=Running -o name',
  'get pods -n other',
  'get pod nope',
  'get nosuch',
  'describe pod nope',
  'logs box',
  'logs box --tail=1',
  'logs broken',
  'logs nope',
  'exec box -- echo hello',
  'exec box -- false',
  'exec nope -- true',
  'rollout status deploy/web',
  'rollout history deploy/web',
  'rollout undo deploy/web',
  'scale deploy/nope --replicas=2',
  'create deployment web --image=nginx',
  'create configmap settings',
  'create deployment tmp --image=nginx --dry-run=client -o yaml',
  'run tmp --image=nginx --dry-run=client -o yaml',
  'expose deployment web --name=tmp --port=81 --dry-run=client -o yaml',
  'label node worker-1 disk=hdd',
  'annotate pod box note=x --dry-run=server',
  'patch deploy web -p {"spec":{"replicas":3}}',
  'delete pod nope',
  'cordon nope',
  'uncordon worker-1',
  'auth can-i get pods --as=system:serviceaccount:default:robot',
  'auth whoami',
  'api-versions',
  'api-resources -o name',
  'explain deployment.spec.strategy',
  'wait pod/box --for=condition=Ready',
  'wait pod/broken --for=condition=Ready --timeout=1s',
  'get pods --nosuch',
  'nosuch',
  'scale deploy/web',
  'logs',
  'exec box',
  'delete',
]

const BY_MAP = [
  'describe cm settings',
  'drain worker-1 --dry-run=client --ignore-daemonsets --force --delete-emptydir-data',
  'drain worker-1 --dry-run=client',
]

/** The cluster is brought into this state first, by our kubectl. */
export const SETUP = `
kubectl create deployment web --image=nginx:1.27 --replicas=3
kubectl rollout status deploy/web
kubectl expose deployment web --port=80
kubectl create configmap settings --from-literal=colour=blue --from-literal=size=10
kubectl create secret generic door --from-literal=key=s3cret
kubectl run broken --image=nginx:nope
kubectl run box --image=busybox:1.36 --restart=Never -- sh -c 'echo one; echo two; sleep 86400'
kubectl create namespace other
kubectl create serviceaccount robot
kubectl taint node worker-2 gone=yes:PreferNoSchedule
kubectl label node worker-1 disk=ssd
sleep 600
`

export const STEPS: Step[] = [
  ...AGED.map((command) => ({ command, allowed: ages })),
  ...EXACT.map((command) => ({ command })),
  ...BY_MAP.map((command) => ({ command, allowed: byMap })),
  { command: 'events', allowed: unordered },
]

/** Commands at which the two differ, and why. A difference that is gone must be taken off. */
export const DIFFERENCES: Record<string, string> = {}
