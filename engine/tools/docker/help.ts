/** `docker --help`, as cli/cobra.go prints it at 20.10 and before. */
import type { DockerRelease } from '../../versions/index.ts'
import { COMMANDS, GROUPS, UNMODELLED } from './commands.ts'

const OPTIONS = `Options:
      --config string      Location of client config files (default "/root/.docker")
  -c, --context string     Name of the context to use to connect to the daemon (overrides DOCKER_HOST env var and
                           default context set with "docker context use")
  -D, --debug              Enable debug mode
  -H, --host list          Daemon socket(s) to connect to
  -l, --log-level string   Set the logging level ("debug"|"info"|"warn"|"error"|"fatal") (default "info")
      --tls                Use TLS; implied by --tlsverify
      --tlscacert string   Trust certs signed only by this CA (default "/root/.docker/ca.pem")
      --tlscert string     Path to TLS certificate file (default "/root/.docker/cert.pem")
      --tlskey string      Path to TLS key file (default "/root/.docker/key.pem")
      --tlsverify          Use TLS and verify the remote
  -v, --version            Print version information and quit
`

const rows = (list: readonly (readonly [string, string])[]): string =>
  list.map(([name, short]) => `  ${name.padEnd(11)} ${short}\n`).join('')

export function rootHelp({ version }: DockerRelease): string {
  const own = Object.entries(COMMANDS).flatMap(([path, { short }]) =>
    path.includes(' ') ? [] : [[path, short] as const],
  )
  const all = [...own, ...Object.entries(UNMODELLED)].sort(([a], [b]) => (a < b ? -1 : 1))
  const more = version.startsWith('20.')
    ? '\nTo get more help with docker, check out our guides at https://docs.docker.com/go/guides/\n'
    : ''
  return `\nUsage:  docker [OPTIONS] COMMAND\n\nA self-sufficient runtime for containers\n\n${OPTIONS}\nManagement Commands:\n${rows(Object.entries(GROUPS))}\nCommands:\n${rows(all)}\nRun 'docker COMMAND --help' for more information on a command.\n${more}`
}
