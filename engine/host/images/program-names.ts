/** Which commands a box has, by the name of the program in the registry. */

/** Programs of the shell (engine/shell): the shell itself and the text tools. */
export const SHELL_PROGRAMS = [
  'bash', 'sh', 'alias', 'awk', 'base64', 'basename', 'bc', 'cat', 'cksum', 'clear', 'cmp', 'column', 'comm', 'cut', 'date',
  'diff', 'dirname', 'echo', 'egrep', 'env', 'expand', 'expr', 'factor', 'false', 'fgrep', 'fold', 'grep', 'gunzip', 'gzip',
  'head', 'jq', 'join', 'md5sum', 'mktemp', 'nl', 'nproc', 'od', 'paste', 'printenv', 'printf', 'readlink', 'realpath', 'rev',
  'sed', 'seq', 'sha1sum', 'sha256sum', 'shuf', 'sleep', 'sort', 'split', 'strings', 'tac', 'tail', 'tar', 'tee', 'test',
  'time', 'timeout', 'tr', 'tree', 'true', 'tty', 'uniq', 'unexpand', 'watch', 'wc', 'which', 'xargs', 'yes', 'yq', 'zcat',
] as const

/** Programs of this folder that any Linux box has. */
export const FILE_PROGRAMS = [
  'chgrp', 'chmod', 'chown', 'cp', 'df', 'du', 'file', 'find', 'hostname', 'id', 'kill', 'ln', 'ls', 'mkdir', 'mv', 'ps',
  'pwd', 'rm', 'rmdir', 'stat', 'su', 'touch', 'uname', 'uptime', 'whoami',
] as const

/** Programs of this folder that only a host has. */
export const HOST_PROGRAMS = [
  'crictl', 'curl', 'dig', 'free', 'getent', 'host', 'ip', 'journalctl', 'less', 'man', 'more', 'nano', 'nc', 'netstat',
  'nslookup', 'pidof', 'pgrep', 'ping', 'pkill', 'service', 'ss', 'ssh', 'sudo', 'systemctl', 'top', 'vi', 'vim', 'wget', 'reboot',
  'groups', 'hostnamectl', 'killall',
] as const

/** Programs of the tools folder (engine/tools). */
export const TOOL_PROGRAMS = ['kubectl', 'kubeadm', 'etcdctl', 'etcdutl', 'helm', 'openssl', 'kustomize'] as const

/** What busybox has, of the above; its own forms are named `busybox-…` in the registry. */
export const BUSYBOX_SHELL = [
  'sh', 'awk', 'base64', 'basename', 'bc', 'cat', 'cksum', 'clear', 'cmp', 'comm', 'cut', 'date', 'diff', 'dirname', 'echo',
  'egrep', 'env', 'expand', 'expr', 'factor', 'false', 'fgrep', 'fold', 'grep', 'gunzip', 'gzip', 'head', 'md5sum', 'mktemp',
  'nl', 'nproc', 'od', 'paste', 'printenv', 'printf', 'readlink', 'realpath', 'sed', 'seq', 'sha1sum', 'sha256sum', 'shuf',
  'sleep', 'sort', 'split', 'strings', 'tac', 'tail', 'tar', 'tee', 'test', 'time', 'timeout', 'tr', 'tree', 'true', 'tty', 'uniq',
  'unexpand', 'watch', 'wc', 'which', 'xargs', 'yes', 'zcat',
] as const

/** Command → program, where the busybox form prints otherwise. */
export const BUSYBOX_NETWORK: Record<string, string> = {
  nc: 'busybox-nc', nslookup: 'busybox-nslookup', ping: 'busybox-ping', wget: 'busybox-wget', ip: 'ip', netstat: 'netstat', free: 'free', top: 'top', less: 'less', more: 'more', vi: 'vi',
}

export const DEBIAN_CONTAINER_SHELL = SHELL_PROGRAMS.filter((name) => !['jq', 'yq', 'bc', 'column', 'tree', 'watch'].includes(name))
