/** Daemons that need no component: they run, and say a few lines; what they do others model. */
export interface BuiltIn {
  /** From the fork to being ready (Type=notify). */
  readyMs: number
  port?: number
  sockets?: { address: string; port: number }[]
  memoryBytes: number
  /** Lines on becoming ready. `<time>` stands for the instant in RFC 3339. */
  lines: string[]
  /** Lines before it ends on SIGTERM. */
  farewell?: string[]
}

const MiB = 1024 ** 2

export const BUILT_IN: Record<string, BuiltIn> = {
  containerd: {
    readyMs: 300,
    memoryBytes: 60 * MiB,
    lines: [
      'time="<time>" level=info msg="starting containerd" revision=88bf19b2105c8b17560993bee28a01ddc2f97182 version=v1.7.24',
      'time="<time>" level=info msg="Start subscribing containerd event"',
      'time="<time>" level=info msg="Start recovering state"',
      'time="<time>" level=info msg="Start event monitor"',
      'time="<time>" level=info msg="Start snapshots syncer"',
      'time="<time>" level=info msg="Start cni network conf syncer for default"',
      'time="<time>" level=info msg="Start streaming server"',
      'time="<time>" level=info msg=serving... address=/run/containerd/containerd.sock.ttrpc',
      'time="<time>" level=info msg=serving... address=/run/containerd/containerd.sock',
      'time="<time>" level=info msg="containerd successfully booted in 0.041234s"',
    ],
    farewell: [
      'time="<time>" level=info msg="Stop CRI service"',
      'time="<time>" level=info msg="Event monitor stopped"',
      'time="<time>" level=info msg="Stream server stopped"',
    ],
  },
  dockerd: {
    readyMs: 200,
    memoryBytes: 95 * MiB,
    lines: [
      'time="<time>" level=info msg="Starting up"',
      'time="<time>" level=info msg="[graphdriver] using prior storage driver: overlay2"',
      'time="<time>" level=info msg="Loading containers: start."',
      'time="<time>" level=info msg="Default bridge (docker0) is assigned with an IP address 172.17.0.0/16. Daemon option --bip can be used to set a preferred IP address"',
      'time="<time>" level=info msg="Loading containers: done."',
      'time="<time>" level=info msg="Daemon has completed initialization"',
      'time="<time>" level=info msg="API listen on /var/run/docker.sock"',
    ],
    farewell: [
      `time="<time>" level=info msg="Processing signal 'terminated'"`,
      'time="<time>" level=info msg="Daemon shutdown complete"',
    ],
  },
  sshd: {
    readyMs: 20,
    port: 22,
    sockets: [{ address: '0.0.0.0', port: 22 }],
    memoryBytes: 6 * MiB,
    lines: ['Server listening on 0.0.0.0 port 22.', 'Server listening on :: port 22.'],
    farewell: ['Received signal 15; terminating.'],
  },
  'systemd-resolved': {
    readyMs: 50,
    sockets: [
      { address: '127.0.0.53', port: 53 },
      { address: '127.0.0.54', port: 53 },
    ],
    memoryBytes: 12 * MiB,
    lines: ['Positive Trust Anchors:', 'Using system hostname.'],
  },
  'systemd-timesyncd': {
    readyMs: 20,
    memoryBytes: 1.5 * MiB,
    lines: ['Contacted time server 185.125.190.58:123 (ntp.ubuntu.com).'],
  },
  'systemd-journald': { readyMs: 10, memoryBytes: 16 * MiB, lines: ['Journal started'] },
  cron: {
    readyMs: 0,
    memoryBytes: 2 * MiB,
    lines: ['(CRON) INFO (pidfile fd = 3)', '(CRON) INFO (Running @reboot jobs)'],
  },
}

/** Programs that end by themselves: name → how, from their arguments. */
export const BRIEF: Record<string, (argv: readonly string[]) => { afterMs: number; code: number }> = {
  true: () => ({ afterMs: 5, code: 0 }),
  false: () => ({ afterMs: 5, code: 1 }),
  sleep: (argv) => ({
    afterMs: argv[1] === 'infinity' ? Number.MAX_SAFE_INTEGER : Number(argv[1] ?? 0) * 1000,
    code: 0,
  }),
}
