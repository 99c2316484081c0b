/** The commands of the docker client by their paths: one row each (cli/command/commands, at 20.10). */
import type { Command, FlagRow } from './command.ts'
import { kill, pruneContainers, restart, rm, start, stop } from './verbs/changes.ts'
import { exec } from './verbs/exec.ts'
import { images, pruneImages, pull, rmi } from './verbs/images.ts'
import { inspect, inspectContainer, inspectImage } from './verbs/inspect.ts'
import { logs } from './verbs/logs.ts'
import { ps } from './verbs/ps.ts'
import { info, networks, systemDf, version, volumes } from './verbs/system.ts'
import { stats, top } from './verbs/usage.ts'

const FILTER: FlagRow = ['f', 'filter filter', 'Filter output based on conditions provided']
const FORMAT: FlagRow = ['f', 'format string', 'Format the output using the given Go template']
const FORCE: FlagRow = ['f', 'force', 'Do not prompt for confirmation']
const TIME: FlagRow = ['t', 'time int', 'Seconds to wait for stop before killing it (default 10)']
const NO_TRUNC: FlagRow = ['', 'no-trunc', "Don't truncate output"]
const CONTAINERS = 'CONTAINER [CONTAINER...]'
const QUIET: FlagRow = ['q', 'quiet', 'Only display numeric IDs']

export const COMMANDS: Readonly<Record<string, Command>> = {
  ps: {
    use: '[OPTIONS]',
    short: 'List containers',
    args: { max: 0 },
    request: ['Get', '/containers/json'],
    flags: [
      ['a', 'all', 'Show all containers (default shows just running)'],
      FILTER,
      ['', 'format string', 'Pretty-print containers using a Go template'],
      ['n', 'last int', 'Show n last created containers (includes all states) (default -1)'],
      ['l', 'latest', 'Show the latest created container (includes all states)'],
      NO_TRUNC,
      ['q', 'quiet', 'Only display container IDs'],
      ['s', 'size', 'Display total file sizes'],
    ],
    run: ps,
  },
  logs: {
    use: '[OPTIONS] CONTAINER',
    short: 'Fetch the logs of a container',
    args: { min: 1, max: 1 },
    request: ['Get', '/containers/NAME/json'],
    flags: [
      ['', 'details', 'Show extra details provided to logs'],
      ['f', 'follow', 'Follow log output'],
      [
        '',
        'since string',
        'Show logs since timestamp (e.g. 2013-01-02T13:23:37Z) or relative (e.g. 42m for 42 minutes)',
      ],
      ['n', 'tail string', 'Number of lines to show from the end of the logs (default "all")'],
      ['t', 'timestamps', 'Show timestamps'],
      [
        '',
        'until string',
        'Show logs before a timestamp (e.g. 2013-01-02T13:23:37Z) or relative (e.g. 42m for 42 minutes)',
      ],
    ],
    run: logs,
  },
  inspect: {
    use: '[OPTIONS] NAME|ID [NAME|ID...]',
    short: 'Return low-level information on Docker objects',
    args: { min: 1 },
    request: ['Get', '/containers/NAME/json'],
    flags: [
      FORMAT,
      ['s', 'size', 'Display total file sizes if the type is container'],
      ['', 'type string', 'Return JSON for specified type'],
    ],
    run: inspect,
  },
  images: {
    use: '[OPTIONS] [REPOSITORY[:TAG]]',
    short: 'List images',
    args: { max: 1 },
    request: ['Get', '/images/json'],
    flags: [
      ['a', 'all', 'Show all images (default hides intermediate images)'],
      ['', 'digests', 'Show digests'],
      FILTER,
      ['', 'format string', 'Pretty-print images using a Go template'],
      NO_TRUNC,
      ['q', 'quiet', 'Only show numeric IDs'],
    ],
    run: images,
  },
  exec: {
    use: '[OPTIONS] CONTAINER COMMAND [ARG...]',
    short: 'Run a command in a running container',
    args: { min: 2 },
    request: ['Get', '/containers/NAME/json'],
    stopEarly: true,
    flags: [
      ['d', 'detach', 'Detached mode: run command in the background'],
      ['', 'detach-keys string', 'Override the key sequence for detaching a container'],
      ['e', 'env list', 'Set environment variables'],
      ['', 'env-file list', 'Read in a file of environment variables'],
      ['i', 'interactive', 'Keep STDIN open even if not attached'],
      ['', 'privileged', 'Give extended privileges to the command'],
      ['t', 'tty', 'Allocate a pseudo-TTY'],
      ['u', 'user string', 'Username or UID (format: <name|uid>[:<group|gid>])'],
      ['w', 'workdir string', 'Working directory inside the container'],
    ],
    run: exec,
  },
  stop: {
    use: `[OPTIONS] ${CONTAINERS}`,
    short: 'Stop one or more running containers',
    args: { min: 1 },
    request: ['Post', '/containers/NAME/stop'],
    flags: [TIME],
    run: stop,
  },
  start: {
    use: `[OPTIONS] ${CONTAINERS}`,
    short: 'Start one or more stopped containers',
    args: { min: 1 },
    request: ['Post', '/containers/NAME/start'],
    flags: [
      ['a', 'attach', 'Attach STDOUT/STDERR and forward signals'],
      ['', 'detach-keys string', 'Override the key sequence for detaching a container'],
      ['i', 'interactive', "Attach container's STDIN"],
    ],
    run: start,
  },
  restart: {
    use: `[OPTIONS] ${CONTAINERS}`,
    short: 'Restart one or more containers',
    args: { min: 1 },
    request: ['Post', '/containers/NAME/restart'],
    flags: [TIME],
    run: restart,
  },
  kill: {
    use: `[OPTIONS] ${CONTAINERS}`,
    short: 'Kill one or more running containers',
    args: { min: 1 },
    request: ['Post', '/containers/NAME/kill'],
    flags: [['s', 'signal string', 'Signal to send to the container (default "KILL")']],
    run: kill,
  },
  rm: {
    use: `[OPTIONS] ${CONTAINERS}`,
    short: 'Remove one or more containers',
    args: { min: 1 },
    request: ['Delete', '/containers/NAME'],
    flags: [
      ['f', 'force', 'Force the removal of a running container (uses SIGKILL)'],
      ['l', 'link', 'Remove the specified link'],
      ['v', 'volumes', 'Remove anonymous volumes associated with the container'],
    ],
    run: rm,
  },
  rmi: {
    use: '[OPTIONS] IMAGE [IMAGE...]',
    short: 'Remove one or more images',
    args: { min: 1 },
    request: ['Delete', '/images/NAME'],
    flags: [
      ['f', 'force', 'Force removal of the image'],
      ['', 'no-prune', 'Do not delete untagged parents'],
    ],
    run: rmi,
  },
  pull: {
    use: '[OPTIONS] NAME[:TAG|@DIGEST]',
    short: 'Pull an image or a repository from a registry',
    args: { min: 1, max: 1 },
    request: ['Post', '/images/create'],
    flags: [
      ['a', 'all-tags', 'Download all tagged images in the repository'],
      ['', 'disable-content-trust', 'Skip image verification (default true)'],
      ['', 'platform string', 'Set platform if server is multi-platform capable'],
      ['q', 'quiet', 'Suppress verbose output'],
    ],
    run: pull,
  },
  stats: {
    use: '[OPTIONS] [CONTAINER...]',
    short: 'Display a live stream of container(s) resource usage statistics',
    args: {},
    request: ['Get', '/containers/json'],
    flags: [
      ['a', 'all', 'Show all containers (default shows just running)'],
      ['', 'format string', 'Pretty-print images using a Go template'],
      ['', 'no-stream', 'Disable streaming stats and only pull the first result'],
      ['', 'no-trunc', 'Do not truncate output'],
    ],
    run: stats,
  },
  top: {
    use: 'CONTAINER [ps OPTIONS]',
    short: 'Display the running processes of a container',
    args: { min: 1 },
    request: ['Get', '/containers/NAME/top'],
    stopEarly: true,
    flags: [],
    run: top,
  },
  version: {
    use: '[OPTIONS]',
    short: 'Show the Docker version information',
    args: { max: 0 },
    request: ['Get', '/version'],
    flags: [FORMAT],
    run: version,
  },
  info: {
    use: '[OPTIONS]',
    short: 'Display system-wide information',
    args: { max: 0 },
    request: ['Get', '/info'],
    flags: [FORMAT],
    run: info,
  },
  'container inspect': {
    use: `[OPTIONS] ${CONTAINERS}`,
    short: 'Display detailed information on one or more containers',
    args: { min: 1 },
    request: ['Get', '/containers/NAME/json'],
    flags: [FORMAT, ['s', 'size', 'Display total file sizes']],
    run: inspectContainer,
  },
  'container prune': {
    use: '[OPTIONS]',
    short: 'Remove all stopped containers',
    args: { max: 0 },
    request: ['Post', '/containers/prune'],
    flags: [FORCE],
    run: pruneContainers,
  },
  'image inspect': {
    use: '[OPTIONS] IMAGE [IMAGE...]',
    short: 'Display detailed information on one or more images',
    args: { min: 1 },
    request: ['Get', '/images/NAME/json'],
    flags: [FORMAT],
    run: inspectImage,
  },
  'image prune': {
    use: '[OPTIONS]',
    short: 'Remove unused images',
    args: { max: 0 },
    request: ['Post', '/images/prune'],
    flags: [['a', 'all', 'Remove all unused images, not just dangling ones'], FORCE],
    run: pruneImages,
  },
  'network ls': {
    use: '[OPTIONS]',
    short: 'List networks',
    args: { max: 0 },
    request: ['Get', '/networks'],
    flags: [['', 'format string', 'Pretty-print networks using a Go template'], NO_TRUNC, QUIET],
    run: networks,
  },
  'volume ls': {
    use: '[OPTIONS]',
    short: 'List volumes',
    args: { max: 0 },
    request: ['Get', '/volumes'],
    flags: [
      ['', 'format string', 'Pretty-print volumes using a Go template'],
      ['q', 'quiet', 'Only display volume names'],
    ],
    run: volumes,
  },
  'system df': {
    use: '[OPTIONS]',
    short: 'Show docker disk usage',
    args: { max: 0 },
    request: ['Get', '/system/df'],
    flags: [['', 'format string', 'Pretty-print images using a Go template'], ['v', 'verbose', 'Show detailed information on space usage']], // prettier-ignore
    run: systemDf,
  },
}

/** Other paths to the same. */
export const ALIASES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(['ls', 'list', 'ps'].map((word) => [`container ${word}`, 'ps'])),
  ...Object.fromEntries(['logs', 'exec', 'stop', 'start', 'restart', 'kill', 'rm', 'stats', 'top'].map((word) => [`container ${word}`, word])), // prettier-ignore
  ...Object.fromEntries(['ls', 'list'].map((word) => [`image ${word}`, 'images'])),
  ...Object.fromEntries(['rm', 'remove'].map((word) => [`image ${word}`, 'rmi'])),
  'image pull': 'pull',
  'network list': 'network ls',
  'volume list': 'volume ls',
  'system info': 'info',
}

export const GROUPS: Readonly<Record<string, string>> = {
  builder: 'Manage builds',
  config: 'Manage Docker configs',
  container: 'Manage containers',
  context: 'Manage contexts',
  image: 'Manage images',
  manifest: 'Manage Docker image manifests and manifest lists',
  network: 'Manage networks',
  node: 'Manage Swarm nodes',
  plugin: 'Manage plugins',
  secret: 'Manage Docker secrets',
  service: 'Manage services',
  stack: 'Manage Docker stacks',
  swarm: 'Manage Swarm',
  system: 'Manage Docker',
  trust: 'Manage trust on Docker images',
  volume: 'Manage volumes',
}

/** The commands of the client that nobody modelled, and what the help says of them. */
export const UNMODELLED: Readonly<Record<string, string>> = {
  attach: 'Attach local standard input, output, and error streams to a running container',
  build: 'Build an image from a Dockerfile',
  commit: "Create a new image from a container's changes",
  cp: 'Copy files/folders between a container and the local filesystem',
  create: 'Create a new container',
  diff: "Inspect changes to files or directories on a container's filesystem",
  events: 'Get real time events from the server',
  export: "Export a container's filesystem as a tar archive",
  history: 'Show the history of an image',
  import: 'Import the contents from a tarball to create a filesystem image',
  load: 'Load an image from a tar archive or STDIN',
  login: 'Log in to a Docker registry',
  logout: 'Log out from a Docker registry',
  pause: 'Pause all processes within one or more containers',
  port: 'List port mappings or a specific mapping for the container',
  push: 'Push an image or a repository to a registry',
  rename: 'Rename a container',
  run: 'Run a command in a new container',
  save: 'Save one or more images to a tar archive (streamed to STDOUT by default)',
  search: 'Search the Docker Hub for images',
  tag: 'Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE',
  unpause: 'Unpause all processes within one or more containers',
  update: 'Update configuration of one or more containers',
  wait: 'Block until one or more containers stop, then print their exit codes',
}
