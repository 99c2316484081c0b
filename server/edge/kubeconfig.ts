import { chmodSync, renameSync, writeFileSync } from 'node:fs'
import { stringify as makeYaml } from 'yaml'
import type { ServedCertificates } from './certificates.ts'

export interface KubeconfigOptions {
  /** `https://127.0.0.1:6443`. */
  server: string
  cluster: string
  certificates: ServedCertificates
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** A kubeconfig as kubeadm names things: user kubernetes-admin, context kubernetes-admin@cluster. */
export function makeKubeconfig({ server, cluster, certificates: { ca, admin } }: KubeconfigOptions): string {
  const user = 'kubernetes-admin'
  const context = `${user}@${cluster}`
  return makeYaml(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: cluster, cluster: { 'certificate-authority-data': base64(ca), server } }],
      contexts: [{ name: context, context: { cluster, user } }],
      'current-context': context,
      preferences: {},
      users: [
        {
          name: user,
          user: { 'client-certificate-data': base64(admin.certificate), 'client-key-data': base64(admin.key) },
        },
      ],
    },
    { lineWidth: 0 },
  )
}

/** Writes the file whole or not at all, readable by its owner only. */
export function writeKubeconfig(path: string, text: string): void {
  const draft = `${path}.${process.pid}.new`
  writeFileSync(draft, text, { mode: 0o600 })
  chmodSync(draft, 0o600)
  renameSync(draft, path)
}
