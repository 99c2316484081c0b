/** What a host is when nobody says otherwise. Sizes in bytes, durations with their unit last. */
const GiB = 1024 ** 3
const MiB = 1024 ** 2

export const HOST_DEFAULTS = {
  /** From the start of a reboot to the units' start. */
  rebootMs: 20_000,
  capacity: { cpus: 2, memoryBytes: 4 * GiB, diskBytes: 40 * GiB },
  kernelVersion: '6.8.0-51-generic',
  release: '1.35.0',
  /** What the kernel and the small daemons take. */
  idleMemoryBytes: 280 * MiB,
  packages: {
    systemd: '255.4-1ubuntu8.4',
    'openssh-server': '1:9.6p1-3ubuntu13.5',
    curl: '8.5.0-2ubuntu10.6',
    containerd: '1.7.24-0ubuntu1~24.04.1',
    iproute2: '6.1.0-1ubuntu6',
  } as Record<string, string>,
}

/** systemd's defaults (man systemd.service, systemd-system.conf). */
export const UNIT_DEFAULTS = {
  /** DefaultRestartSec= */
  restartSecMs: 100,
  /** DefaultTimeoutStartSec= */
  timeoutStartMs: 90_000,
  /** DefaultTimeoutStopSec= */
  timeoutStopMs: 90_000,
  /** DefaultStartLimitIntervalSec= */
  startLimitIntervalMs: 10_000,
  /** DefaultStartLimitBurst= */
  startLimitBurst: 5,
}
