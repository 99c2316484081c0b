/** The public face of the engine: the server, the web page, the command line and the tests start here. */
export { Flight, replay, replayOn } from './flight.ts'
export type {
  ClusterPicture,
  FlightInput,
  FlightListeners,
  FlightOptions,
  FlightSnapshot,
  InputEntry,
} from './flight.ts'
export type { PicturedNode, PicturedPod } from './cluster/picture.ts'
export { makeUserKubeconfig } from './cluster/cluster-hosts.ts'
export { reportLines } from './cluster/meter.ts'
export type { MeterOptions, MeterReport, Outage } from './cluster/meter.ts'
export { planCluster } from './cluster/plan.ts'
export type { ClusterPlan } from './cluster/plan.ts'
export * from './view.ts'
export { chunkToWire, fromWire, toWire, WireError } from './api/wire.ts'
export { bytesOfText, textOfBytes } from './host/bytes.ts'
export type { HttpRequest, HttpResponse } from './fabric/http.ts'
export type { JournalEntry } from './kernel/journal.ts'
export { humanDuration } from './objects/duration.ts'
export { makeJson, makeYaml, parseYaml, parseYamlDocuments, YamlError } from './objects/yaml.ts'
export * from './scenario/index.ts'
export * from './versions/index.ts'
export { componentVersions } from './objects/component-versions.ts'
