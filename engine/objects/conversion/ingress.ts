/** Ingresses of extensions/v1beta1 and networking.k8s.io/v1beta1. Models pkg/apis/networking/v1beta1/conversion.go and defaults.go. */
import { changed, changedItems, defined } from './conversion.ts'
import type { Conversion, Plain } from './conversion.ts'
import { asPlain } from './conversion.ts'

function backendToHub({ serviceName, servicePort, ...rest }: Plain): Plain {
  if (serviceName === undefined && servicePort === undefined) return rest
  const port = typeof servicePort === 'string' ? { name: servicePort } : { number: servicePort }
  return { ...rest, service: defined({ name: serviceName, port: servicePort === undefined ? undefined : port }) }
}

function backendFromHub({ service, ...rest }: Plain): Plain {
  if (service === undefined) return rest
  const { name, port } = asPlain(service)
  const { name: portName, number } = asPlain(port)
  return { ...rest, ...defined({ serviceName: name, servicePort: portName ?? number ?? 0 }) }
}

/** Walks to each rule's paths. */
const withPaths = (spec: Plain, change: (path: Plain) => Plain): Plain =>
  changedItems(spec, 'rules', (rule) => changed(rule, 'http', (http) => changedItems(http, 'paths', change)))

function specToHub(spec: Plain): Plain {
  const { backend, ...rest } = withPaths(spec, (path) => ({
    pathType: 'ImplementationSpecific',
    ...changed(path, 'backend', backendToHub),
  }))
  return backend === undefined ? rest : { ...rest, defaultBackend: backendToHub(asPlain(backend)) }
}

function specFromHub(spec: Plain): Plain {
  const { defaultBackend, ...rest } = withPaths(spec, (path) => changed(path, 'backend', backendFromHub))
  return defaultBackend === undefined ? rest : { backend: backendFromHub(asPlain(defaultBackend)), ...rest }
}

export const ingress: Conversion = {
  toHub: (object) => changed(object, 'spec', specToHub),
  fromHub: (object) => changed(object, 'spec', specFromHub),
}
