/**
 * Dynamic provisioning is the affair of provisioners outside the controller manager; this says so. Models
 * provisionClaim, findProvisionablePlugin and provisionClaimOperationExternal of pv_controller.go (S3), and the
 * names of csi-translation-lib.
 */
import type { PersistentVolumeClaim } from '../../objects/types.gen.ts'
import {
  BETA_STORAGE_PROVISIONER,
  STORAGE_PROVISIONER,
  annotation,
  storageClassOf,
  withAnnotations,
} from '../../objects/volume-match.ts'
import type { Context, Write } from '../controller.ts'
import { classOf, say, updateClaim } from './lookup.ts'

/** In-tree provisioners whose work CSI drivers took over. */
const MIGRATED: Record<string, string> = {
  'kubernetes.io/aws-ebs': 'ebs.csi.aws.com',
  'kubernetes.io/azure-disk': 'disk.csi.azure.com',
  'kubernetes.io/azure-file': 'file.csi.azure.com',
  'kubernetes.io/cinder': 'cinder.csi.openstack.org',
  'kubernetes.io/gce-pd': 'pd.csi.storage.gke.io',
  'kubernetes.io/portworx-volume': 'pxd.portworx.com',
  'kubernetes.io/vsphere-volume': 'csi.vsphere.vmware.com',
}
/** In-tree plugins of the controller manager that cannot provision. */
const UNABLE = ['kubernetes.io/nfs', 'kubernetes.io/local-volume', 'kubernetes.io/csi']
const HOST_PATH = 'kubernetes.io/host-path'

export function provisionClaim(context: Context, claim: PersistentVolumeClaim, minor: number): Write[] {
  const name = storageClassOf(claim)
  const storageClass = classOf(context, name)
  const failed = (message: string): Write[] => [say(claim, 'Warning', 'ProvisioningFailed', message)]
  if (storageClass === undefined) return failed(`storageclass.storage.k8s.io "${name}" not found`)
  const provisioner = MIGRATED[storageClass.provisioner] ?? storageClass.provisioner
  if (provisioner === HOST_PATH)
    return failed(`Failed to create provisioner: provisioning in volume plugin "${HOST_PATH}" is disabled`)
  if (UNABLE.includes(provisioner)) return failed('no provisionable volume plugin matched')
  if (provisioner.startsWith('kubernetes.io/')) return failed(`no volume plugin matched name: ${provisioner}`)
  return [...announce(claim, provisioner), say(claim, 'Normal', 'ExternalProvisioning', waiting(provisioner, minor))]
}

/** The annotations that tell an external provisioner that the claim is its own. */
function announce(claim: PersistentVolumeClaim, provisioner: string): Write[] {
  if (
    annotation(claim, STORAGE_PROVISIONER) === provisioner &&
    annotation(claim, BETA_STORAGE_PROVISIONER) === provisioner
  )
    return []
  return [
    updateClaim(
      withAnnotations(claim, { [BETA_STORAGE_PROVISIONER]: provisioner, [STORAGE_PROVISIONER]: provisioner }),
    ),
  ]
}

/** The wording is of 1.28. */
function waiting(provisioner: string, minor: number): string {
  return minor < 28
    ? `waiting for a volume to be created, either by external provisioner "${provisioner}" or manually created by system administrator`
    : `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`
}
