// SPDX-License-Identifier: MIT
// A throw-away certificate authority, made with openssl, and certificates for real host names.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const openssl = (...args) => execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] })
const newKey = (file) => ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', file]

// {caFile, key, cert}: the CA's certificate as a file, and key and certificate (PEM) for the names.
export function makeCertificate(folder, names) {
  const at = (name) => join(folder, name)
  openssl('req', '-x509', ...newKey(at('ca.key')), '-out', at('ca.pem'), '-days', '2', '-subj', '/CN=Test CA')
  openssl('req', ...newKey(at('leaf.key')), '-out', at('leaf.csr'), '-subj', `/CN=${names[0]}`)
  writeFileSync(at('leaf.ext'), `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}\n`)
  openssl('x509', '-req', '-in', at('leaf.csr'), '-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial',
    '-out', at('leaf.pem'), '-days', '2', '-extfile', at('leaf.ext'))
  return { caFile: at('ca.pem'), key: readFileSync(at('leaf.key')), cert: readFileSync(at('leaf.pem')) }
}

// {key, cert} (PEM) of a client of that name; days may be negative: it has ended by now.
export function makeClientCertificate(folder, name, days = 2) {
  const at = (end) => join(folder, `${name}.${end}`)
  openssl('req', ...newKey(at('key')), '-out', at('csr'), '-subj', `/CN=${name}`)
  openssl('x509', '-req', '-in', at('csr'), '-signkey', at('key'), '-out', at('pem'), '-days', String(days))
  return { key: readFileSync(at('key'), 'utf8'), cert: readFileSync(at('pem'), 'utf8') }
}
