/** Certificates and tokens of a whole cluster: who is believed, and until when (O7, O8, P7, T10, T11). */
import { X509Certificate, createPublicKey, createSign, createVerify } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { Flight } from '../../engine/index.ts'

const PKI = '/etc/kubernetes/pki'
const DAY_MS = 86_400_000
const EPOCH_MS = Date.UTC(2026, 0, 1)

let flight: Flight

const file = (path: string, host = 'controlplane'): string => flight.cluster.hosts.get(host).files.text(path) ?? ''
const run = (command: string): Promise<{ code: number; stdout: string; stderr: string }> => flight.script(command)

beforeAll(async () => {
  flight = await Flight.launch({ seed: 'pki', epochMs: EPOCH_MS, release: '1.35', controlPlanes: 1, workers: 1 })
})

describe('what kubeadm signs (P7)', () => {
  it.each([
    ['ca.crt', 'ca.crt', 'CN=kubernetes'],
    ['apiserver.crt', 'ca.crt', 'CN=kube-apiserver'],
    ['apiserver-kubelet-client.crt', 'ca.crt', 'O=kubeadm:cluster-admins\nCN=kube-apiserver-kubelet-client'],
    ['front-proxy-client.crt', 'front-proxy-ca.crt', 'CN=front-proxy-client'],
    ['etcd/server.crt', 'etcd/ca.crt', 'CN=controlplane'],
    ['etcd/healthcheck-client.crt', 'etcd/ca.crt', 'CN=kube-etcd-healthcheck-client'],
  ])('%s is of %s', (name, authority, subject) => {
    const [certificate, ca] = [name, authority].map((one) => new X509Certificate(file(`${PKI}/${one}`)))
    expect(certificate?.subject).toBe(subject)
    expect(certificate?.verify(ca?.publicKey as never)).toBe(true)
    expect(certificate?.checkIssued(ca as X509Certificate)).toBe(true)
    expect(Date.parse(certificate?.validFrom ?? '')).toBe(EPOCH_MS - 300_000)
    const years = name === authority ? 10 : 1
    expect(Date.parse(certificate?.validTo ?? '')).toBe(EPOCH_MS + years * 365 * DAY_MS)
  })

  it('keys fit their certificates, and files have the length they said', () => {
    for (const name of ['ca', 'apiserver', 'etcd/peer', 'front-proxy-ca']) {
      const certificate = new X509Certificate(file(`${PKI}/${name}.crt`))
      const signature = createSign('sha256')
        .update('x')
        .sign(file(`${PKI}/${name}.key`))
      expect(createVerify('sha256').update('x').verify(certificate.publicKey, signature)).toBe(true)
    }
    const { files } = flight.cluster.hosts.get('worker-1')
    const stat = files.stat('/etc/kubernetes/kubelet.conf')
    expect('size' in stat && stat.size).toBe(file('/etc/kubernetes/kubelet.conf', 'worker-1').length)
  })

  it('is the same for the same seed', async () => {
    const again = await Flight.launch({ ...flight.options })
    expect(again.cluster.hosts.get('controlplane').files.text('/etc/kubernetes/admin.conf')).toBe(
      file('/etc/kubernetes/admin.conf'),
    )
  })
})

describe('tokens (T10)', () => {
  it('are signed with sa.key and carry the claims of the release', async () => {
    const token = (await run('kubectl create token default --duration=20m --audience=vault')).stdout.trim()
    const [head = '', body = '', signature = ''] = token.split('.')
    const key = createPublicKey(file(`${PKI}/sa.pub`))
    const verify = createVerify('sha256').update(`${head}.${body}`)
    expect(verify.verify(key, Buffer.from(signature, 'base64url'))).toBe(true)
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>
    expect(Object.keys(claims)).toEqual(['aud', 'exp', 'iat', 'iss', 'jti', 'kubernetes.io', 'nbf', 'sub'])
    expect(claims).toMatchObject({ aud: ['vault'], sub: 'system:serviceaccount:default:default' })
    expect((claims.exp as number) - (claims.iat as number)).toBe(1200)
  })

  it('fill the Secrets that ask for one, and go with their account', async () => {
    const manifest = (name: string, account: string): string =>
      `{"apiVersion":"v1","kind":"Secret","type":"kubernetes.io/service-account-token","metadata":{"name":"${name}","annotations":{"kubernetes.io/service-account.name":"${account}"}}}`
    await run('kubectl create sa bot')
    await run(`echo '${manifest('bot-token', 'bot')}' | kubectl apply -f -`)
    await run(`echo '${manifest('ghost', 'nobody')}' | kubectl apply -f -; sleep 1`)
    const data = await run(`kubectl get secret bot-token -o go-template='{{range $k, $v := .data}}{{$k}} {{end}}'`)
    expect(data.stdout).toBe('ca.crt namespace token ')
    expect((await run('kubectl get secret ghost')).code).toBe(1)
    const whoami =
      'kubectl --kubeconfig=/dev/null --server=https://172.30.1.2:6443 --insecure-skip-tls-verify --token=$T auth whoami'
    await run('kubectl get secret bot-token -o jsonpath={.data.token} | base64 -d > /tmp/token')
    expect((await run(`T=$(cat /tmp/token); ${whoami}`)).stdout).toContain('system:serviceaccount:default:bot')
    await run('kubectl delete sa bot; sleep 11')
    expect((await run('kubectl get secret bot-token')).stderr).toContain('not found')
    expect((await run(`T=$(cat /tmp/token); ${whoami}`)).stderr).toContain('You must be logged in to the server')
  })

  it('are reviewed', async () => {
    const review = (token: string): Promise<{ stdout: string }> =>
      run(
        `echo '{"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","spec":{"token":"'${token}'"}}' | kubectl create -o jsonpath='{.status}' -f -`,
      )
    expect((await review('$(kubectl create token default)')).stdout).toContain('"authenticated":true')
    expect((await review('nonsense')).stdout).toContain('invalid bearer token')
  })
})

describe('requests (T11)', () => {
  it('of kubelets for themselves are approved and signed', async () => {
    const made = await run(`
      openssl genrsa -out n.key 2048; openssl req -new -key n.key -out n.csr -subj /O=system:nodes/CN=system:node:worker-1
      cat > n.yaml <<END
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: {name: node-csr}
spec:
  request: $(base64 -w0 < n.csr)
  signerName: kubernetes.io/kube-apiserver-client-kubelet
  usages: [digital signature, key encipherment, client auth]
END
      kubectl create -f n.yaml --as=system:node:worker-1 --as-group=system:nodes; sleep 2
      kubectl get csr node-csr --no-headers; kubectl get csr node-csr -o jsonpath='{.status.conditions[0].message}'`)
    expect(made.stdout).toContain('Approved,Issued')
    expect(made.stdout).toContain('Auto approving self kubelet client certificate after SubjectAccessReview.')
  })

  it('are approved by those only who may use the signer', async () => {
    const refused = await run(`
      kubectl create clusterrole approver --verb=get,list --resource=certificatesigningrequests >/dev/null
      kubectl create clusterrole approver2 --verb=update --resource=certificatesigningrequests/approval >/dev/null
      kubectl create clusterrolebinding a --clusterrole=approver --user=amy >/dev/null
      kubectl create clusterrolebinding b --clusterrole=approver2 --user=amy >/dev/null
      openssl req -new -key n.key -out m.csr -subj /CN=mia
      sed -e 's/node-csr/mia/' -e 's/-kubelet$//' -e "s/request: .*/request: $(base64 -w0 < m.csr)/" n.yaml | kubectl create -f - >/dev/null
      kubectl certificate approve mia --as=amy`)
    expect(refused.stderr).toContain(
      'user not permitted to approve requests with signerName "kubernetes.io/kube-apiserver-client"',
    )
  })
})

describe('the clock', () => {
  it('ends certificates: the server’s first, by the texts of Go', async () => {
    const late = await Flight.launch({ ...flight.options, seed: 'late' })
    const { files } = late.cluster.hosts.get('controlplane')
    const issued = late.cluster.pki.issue(late.cluster.pki.ca, { commonName: 'kube-apiserver', usages: ['serverAuth'] })
    files.put(`${PKI}/apiserver.crt`, issued.certificate.text())
    expect((await late.script('kubectl get nodes')).stderr).toContain(
      "x509: cannot validate certificate for 172.30.1.2 because it doesn't contain any IP SANs",
    )
    const kubeconfig = late.cluster.hosts.get('base').files.text('/root/.kube/config') ?? ''
    const client = /client-certificate-data: (\S+)/.exec(kubeconfig)?.[1] ?? ''
    const pem = Buffer.from(client, 'base64').toString()
    expect(late.cluster.clientOf(pem)).not.toHaveProperty('problem')
  })
})
