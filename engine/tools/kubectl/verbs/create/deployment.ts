/** `kubectl create deployment`. Models kubectl/pkg/cmd/create/create_deployment.go. */
import { commandWords } from '../../changes.ts'
import { CommandError } from '../../errors.ts'
import { explicitNamespace, generatorCommand } from './generator.ts'

export const createDeployment = generatorCommand({
  path: 'create deployment',
  required: ['image'],
  failure: 'failed to create deployment: ',
  *make(ctx, name, meta) {
    const { flags } = ctx
    const images = flags.list('image')
    const command = commandWords(ctx)
    if (images.length > 1 && command.length > 0)
      throw new CommandError('cannot specify multiple --image options and command')
    const labels = { app: name }
    const port = flags.int('port')
    const container = (image: string) => ({
      name: containerName(image),
      image,
      ...(command.length > 0 ? { command } : {}),
      ...(port >= 0 ? { ports: [{ containerPort: port }] } : {}),
      resources: {},
    })
    return {
      kind: 'Deployment',
      apiVersion: 'apps/v1',
      metadata: meta({ name, ...(yield* explicitNamespace(ctx)), labels }),
      spec: {
        replicas: flags.int('replicas'),
        selector: { matchLabels: labels },
        template: { metadata: meta({ labels }), spec: { containers: images.map(container) } },
        strategy: {},
      },
      status: {},
    }
  },
})

/** `app` of `registry.example.com:5000/team/App_1@sha256:…`, as a name may be written. */
function containerName(image: string): string {
  const base = (image.split('/').at(-1) ?? '').replace(/@.*$/, '').replace(/:.*$/, '')
  return base
    .toLowerCase()
    .replace(/[._]/g, '-')
    .replace(/[^a-z0-9-]/g, '')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63)
}
