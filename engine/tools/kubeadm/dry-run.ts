/** What a dry run shows. Models cmd/kubeadm/app/util/dryrun. */
import type { Proc, Run } from '../../host/process.ts'
import { makeYaml } from '../../objects/yaml.ts'
import type { ClusterObject } from './artifacts/objects/object.ts'
import { readText, say } from './session.ts'

const indented = (text: string): string =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => `\t${line}\n`)
    .join('')

/** The objects that would be sent. */
export function* showObjects(p: Proc, objects: readonly ClusterObject[]): Run<void> {
  for (const { resource, body } of objects) {
    const parts = resource.split('/')
    yield* say(p, `[dryrun] Would perform action CREATE on resource ${JSON.stringify(parts.at(-1))} in API group ${JSON.stringify(`${parts.slice(0, -1).join('/')}`)}`) // prettier-ignore
    yield* say(p, '[dryrun] Attached object:')
    yield* p.out(indented(makeYaml(body)))
  }
}

/** The files that were written to a folder of the dry run. */
export function* showFiles(p: Proc, dir: string, names: readonly string[], realDir: string): Run<void> {
  yield* say(p, `[dryrun] Wrote certificates, kubeconfig files and control plane manifests to the ${JSON.stringify(dir)} directory`) // prettier-ignore
  yield* say(p, '[dryrun] The certificates or kubeconfig files would not be printed due to their sensitive nature')
  yield* say(p, `[dryrun] Please examine the ${JSON.stringify(dir)} directory for details about what would be written`)
  for (const name of names) {
    const text = yield* readText(p, `${dir}/${name}`)
    if (text !== undefined) yield* showFile(p, `${realDir}/${name}`, text)
  }
}

export function* showFile(p: Proc, path: string, text: string): Run<void> {
  yield* say(p, `[dryrun] Would write file ${JSON.stringify(path)} with content:`)
  yield* p.out(indented(text))
}
