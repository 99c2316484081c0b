/** `kubectl create rolebinding` and `create clusterrolebinding`. */
import { CommandError } from '../../errors.ts'
import type { FlagValues } from '../../flags.ts'
import { explicitNamespace, generatorCommand } from './generator.ts'

export interface Subject {
  kind: string
  apiGroup?: string
  name: string
  namespace?: string
}

const GROUP = 'rbac.authorization.k8s.io'

/** Users, then groups, then service accounts. */
export function subjectsOf(flags: FlagValues): Subject[] {
  return [
    ...flags.list('user').map((name) => ({ kind: 'User', apiGroup: GROUP, name })),
    ...flags.list('group').map((name) => ({ kind: 'Group', apiGroup: GROUP, name })),
    ...flags.list('serviceaccount').map(serviceAccount),
  ]
}

function serviceAccount(text: string): Subject {
  const [namespace = '', name = '', ...rest] = text.split(':')
  if (namespace === '' || name === '' || rest.length > 0)
    throw new CommandError('serviceaccount must be <namespace>:<name>')
  return { kind: 'ServiceAccount', name, namespace }
}

const subjectsField = (flags: FlagValues): object => {
  const subjects = subjectsOf(flags)
  return subjects.length > 0 ? { subjects } : {}
}

export const createRoleBinding = generatorCommand({
  path: 'create rolebinding',
  failure: 'failed to create rolebinding: ',
  *make({ flags, ...ctx }, name, meta) {
    const [role, clusterRole] = [flags.text('role'), flags.text('clusterrole')]
    if ((role === '') === (clusterRole === ''))
      throw new CommandError('exactly one of clusterrole or role must be specified')
    const ref = role ? { kind: 'Role', name: role } : { kind: 'ClusterRole', name: clusterRole }
    return {
      kind: 'RoleBinding',
      apiVersion: `${GROUP}/v1`,
      metadata: meta({ name, ...(yield* explicitNamespace({ flags, ...ctx })) }),
      ...subjectsField(flags),
      roleRef: { apiGroup: GROUP, ...ref },
    }
  },
})

export const createClusterRoleBinding = generatorCommand({
  path: 'create clusterrolebinding',
  required: ['clusterrole'],
  failure: 'failed to create clusterrolebinding: ',
  make: ({ flags }, name, meta) => ({
    kind: 'ClusterRoleBinding',
    apiVersion: `${GROUP}/v1`,
    metadata: meta({ name }),
    ...subjectsField(flags),
    roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: flags.text('clusterrole') },
  }),
})
