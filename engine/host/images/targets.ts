/** The targets of an Ubuntu host: what each pulls in and follows. */
export interface Target {
  description: string
  requires?: string
  wants?: string
  after?: string
  conflicts?: string
  /** Whether `systemctl isolate` may go there. */
  isolate?: boolean
}

export const TARGETS: Record<string, Target> = {
  basic: {
    description: 'Basic System',
    requires: 'sysinit.target',
    wants: 'timers.target sockets.target paths.target slices.target',
    after: 'sysinit.target sockets.target paths.target slices.target',
  },
  cryptsetup: { description: 'Local Encrypted Volumes' },
  emergency: { description: 'Emergency Mode', conflicts: 'rescue.target', isolate: true },
  graphical: {
    description: 'Graphical Interface',
    requires: 'multi-user.target',
    after: 'multi-user.target rescue.target',
    conflicts: 'rescue.target',
    isolate: true,
  },
  'local-fs': { description: 'Local File Systems', after: 'local-fs-pre.target' },
  'multi-user': {
    description: 'Multi-User System',
    requires: 'basic.target',
    after: 'basic.target rescue.target',
    conflicts: 'rescue.target',
    isolate: true,
  },
  network: { description: 'Network', after: 'network-pre.target' },
  'network-online': { description: 'Network is Online', after: 'network.target' },
  'network-pre': { description: 'Preparation for Network' },
  'nss-lookup': { description: 'Host and Network Name Lookups' },
  'nss-user-lookup': { description: 'User and Group Name Lookups' },
  paths: { description: 'Path Units' },
  poweroff: { description: 'System Power Off', isolate: true },
  reboot: { description: 'System Reboot', isolate: true },
  'remote-fs': { description: 'Remote File Systems' },
  rescue: { description: 'Rescue Mode', requires: 'sysinit.target', after: 'sysinit.target', isolate: true },
  shutdown: { description: 'System Shutdown' },
  slices: { description: 'Slice Units' },
  sockets: { description: 'Socket Units' },
  swap: { description: 'Swaps' },
  sysinit: {
    description: 'System Initialization',
    wants: 'local-fs.target swap.target',
    after: 'local-fs.target swap.target emergency.target',
  },
  'time-set': { description: 'System Time Set' },
  'time-sync': { description: 'System Time Synchronized', after: 'time-set.target', wants: 'time-set.target' },
  timers: { description: 'Timer Units' },
}

export function targetText(target: Target): string {
  const lines: [string, string | undefined][] = [
    ['Requires', target.requires],
    ['Wants', target.wants],
    ['Conflicts', target.conflicts],
    ['After', target.after],
    ['AllowIsolate', target.isolate === true ? 'yes' : undefined],
  ]
  const named = lines.filter(([, text]) => text !== undefined).map(([key, text]) => `${key}=${text}\n`)
  return `[Unit]\nDescription=${target.description}\nDocumentation=man:systemd.special(7)\n${named.join('')}`
}
