/** What the debugging profiles put into a container and its pod. Models kubectl/pkg/cmd/debug/profiles.go. */
import { CommandError } from '../errors.ts'

/** What is debugged: a pod in place, a copy of it, or a node. */
export type Style = 'ephemeral' | 'copy' | 'node'

type Plain = Record<string, unknown>

export interface Applied {
  container: Plain
  pod: Plain
}

interface Profile {
  securityContext?: (style: Style) => Plain | undefined
  hostNamespaces?: boolean
  hostRoot?: boolean
  /** A copy shares its processes unless the command line says otherwise. */
  shares?: boolean
}

const HOST_ROOT = 'host-root'
const RESTRICTED = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
}

const PROFILES: Record<string, Profile> = {
  legacy: { hostNamespaces: true, hostRoot: true },
  general: {
    securityContext: (style) => (style === 'node' ? undefined : { capabilities: { add: ['SYS_PTRACE'] } }),
    hostNamespaces: true,
    hostRoot: true,
    shares: true,
  },
  baseline: { shares: true },
  restricted: { securityContext: () => RESTRICTED, shares: true },
  netadmin: {
    securityContext: () => ({ capabilities: { add: ['NET_ADMIN', 'NET_RAW'] } }),
    hostNamespaces: true,
    shares: true,
  },
  sysadmin: { securityContext: () => ({ privileged: true }), hostNamespaces: true, hostRoot: true, shares: true },
}

/** Throws for a name that is none. */
export function profileNamed(name: string): Profile {
  const profile = PROFILES[name]
  if (profile === undefined) throw new CommandError(`unknown profile: ${name}`)
  return profile
}

/** The fields that a profile adds to the debugging container and to the spec of its pod. */
export function applied(name: string, style: Style): Applied {
  const profile = profileNamed(name)
  const securityContext = profile.securityContext?.(style)
  const container: Plain = { ...(securityContext !== undefined && { securityContext }) }
  if (style === 'copy') return { container, pod: profile.shares === true ? { shareProcessNamespace: true } : {} }
  if (style === 'ephemeral') return { container, pod: {} }
  const pod: Plain = profile.hostNamespaces === true ? { hostIPC: true, hostNetwork: true, hostPID: true } : {}
  if (profile.hostRoot !== true) return { container, pod }
  return {
    container: { ...container, volumeMounts: [{ mountPath: '/host', name: HOST_ROOT }] },
    pod: { ...pod, volumes: [{ hostPath: { path: '/' }, name: HOST_ROOT }] },
  }
}
