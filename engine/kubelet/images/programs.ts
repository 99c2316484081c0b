/** Programs that every container of a base has, whether they can be simulated or not. */
const BUSYBOX =
  'sh ash cat ls echo sleep true false env printenv id whoami hostname date ps kill grep sed awk head tail sort uniq wc cut tr find xargs touch mkdir rm rmdir cp mv ln chmod chown ping wget nslookup nc netstat ip ifconfig top free df du mount vi tar gzip gunzip md5sum sha256sum seq yes tee test expr printf stat uname uptime which watch timeout time nproc dirname basename readlink realpath httpd telnet traceroute dd od hexdump base64 crond'.split(
    ' ',
  )
const DEBIAN =
  'sh bash cat ls echo sleep true false env printenv id whoami hostname date ps kill grep sed awk head tail sort uniq wc cut tr find xargs touch mkdir rm rmdir cp mv ln chmod chown df du tar gzip gunzip md5sum sha256sum seq yes tee test expr printf stat uname nproc dirname basename readlink realpath timeout dd od base64 mktemp tac apt apt-get dpkg perl getent'.split(
    ' ',
  )

const BASES: Record<string, ReadonlySet<string>> = {
  busybox: new Set(BUSYBOX),
  alpine: new Set([...BUSYBOX, 'apk', 'getent']),
  debian: new Set(DEBIAN),
  scratch: new Set(),
}

/** Whether `sh`, `/bin/sh`, `/usr/bin/env` … is there. */
export function hasBaseProgram(base: string, program: string): boolean {
  const name = program.replace(/^\/(usr\/)?s?bin\//, '')
  return !name.includes('/') && BASES[base]?.has(name) === true
}
