/** kubeadm's --use-service-account-credentials: each controller works as an account of its own in kube-system. */
import { expect, it } from 'vitest'
import { otherAccounts } from '../../engine/controllers/identities.ts'
import { Flight } from '../../engine/index.ts'

it('makes the account of each controller, once', async () => {
  const flight = await Flight.launch({
    seed: 'accounts',
    epochMs: Date.UTC(2026, 0, 5, 9),
    release: '1.33',
    controlPlanes: 1,
    workers: 0,
    addons: false,
  })
  const { stdout } = await flight.script('sleep 5; kubectl get sa -n kube-system -o name')
  const names = stdout.split('\n')
  for (const name of [
    'deployment-controller',
    'node-controller',
    'generic-garbage-collector',
    'certificate-controller',
  ])
    expect(names).toContain(`serviceaccount/${name}`)
  expect(names).toContain('serviceaccount/service-cidrs-controller')
  const again = `kubectl -n kube-system delete sa job-controller; ssh controlplane "sudo crictl stop -t 0 \\$(sudo crictl ps -q --name kube-controller-manager)"; sleep 60; kubectl -n kube-system get sa job-controller -o name`
  expect((await flight.script(again)).stdout).toContain('serviceaccount/job-controller\n')
})

it('knows the accounts of controllers that are not modelled, by release', () => {
  expect(otherAccounts(32)).toEqual([])
  expect(otherAccounts(36)).toContain('device-taint-eviction-controller')
})
