/** Why a row is expected to differ: it needs something that the simulator leaves out. */
const CAUSES: [RegExp, string][] = [
  [/kustomiz|apply -k|-k \./, 'kustomize'],
  [/\bcrd\b|customresource|crontab/i, 'custom resources'],
  [/statefulset|\bsts\b/i, 'StatefulSet controller'],
  [/cronjob|\bjobs?\b|\bcj\b/i, 'Job controllers'],
  [/autoscal|\bhpa\b/i, 'HPA controller'],
  [/\bpvc?\b|persistentvolume|storageclass/i, 'volume controllers'],
  [/quota|limitrange/i, 'quota and limits'],
  [/port-forward|kubectl debug|kubectl attach/, 'port-forward, debug, attach'],
  [/kubectl cp/, 'cp'],
  [/\bcsr\b|certificate|openssl/i, 'certificate requests'],
]

export function causeOf(command: string): string | undefined {
  return CAUSES.find(([pattern]) => pattern.test(command))?.[1]
}
