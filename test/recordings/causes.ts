/** Why a row is expected to differ: it needs something that the simulator leaves out. */
const BY_SESSION: [RegExp, string][] = [
  [/^18-explain/, 'documentation of fields'],
  [/^22-csr/, 'certificate requests'],
  [/^23-tokens/, 'token controllers'],
  [/^26-quota/, 'quota and limits'],
  [/^33-crd/, 'custom resources'],
  [/^40-storage/, 'volume controllers'],
  [/^44-kustomize/, 'kustomize'],
  [/^51-portforward/, 'port-forward, debug, attach'],
]

const BY_TEXT: [RegExp, string][] = [
  [/completion fish|auth reconcile|plaintext-openapiv2|create -f http/, 'refused: not simulated'],
  [/kustomiz|apply -k|-k \./, 'kustomize'],
  [/\bcrd\b|customresource|crontab/i, 'custom resources'],
  [/\bpvc?\b|persistentvolume|storageclass/i, 'volume controllers'],
  [/quota|limitrange/i, 'quota and limits'],
  [/port-forward|kubectl debug|kubectl attach/, 'port-forward, debug, attach'],
  [/kubectl cp/, 'cp'],
  [/\bcsr\b|certificate sign/i, 'certificate requests'],
  [/core\.PodSpec|^@@ /m, 'diff of Go structs'],
  [/metadata\.managedFields/, 'order of field managers'],
  [/openssl|\bdd if=|tls --cert|bin\.dat|\bcm files\b/, 'programs and binary files'],
]

export function causeOf(session: string, row: { cmd: string; stdout: string; stderr: string }): string | undefined {
  const whole = BY_SESSION.find(([name]) => name.test(session))?.[1]
  return (
    whole ??
    BY_TEXT.find(([pattern]) => pattern.test(row.cmd) || pattern.test(row.stdout) || pattern.test(row.stderr))?.[1]
  )
}
