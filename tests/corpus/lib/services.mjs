// SPDX-License-Identifier: MIT
// Every service of a sample at once: one server on loopback, to which the operator's pins lead all their hosts. It keeps what it is
// asked, and answers what it was given to answer.
import http from 'node:http'
import https from 'node:https'

import { makeCertificate } from '../../peers/lib/tls.mjs'
import { close, listen, readAll } from '../../peers/lib/util.mjs'

export class Services {
  // hosts: names; folder: for the certificate.
  static async start(folder, hosts) {
    const services = new Services()
    services.seen = []
    services.answers = [] // bodies to answer with, in order, a number for a status; `{}` when there are none left
    const tls = makeCertificate(folder, hosts)
    const on = (scheme) => async (req, res) => services.#answer(scheme, req, res, await readAll(req))
    services.servers = [https.createServer(tls, on('https')), http.createServer(on('http'))]
    const [secure, plain] = await Promise.all(services.servers.map((server) => listen(server)))
    const pins = hosts.flatMap((host) => [`${host}:443=127.0.0.1:${secure}`, `${host}:80=127.0.0.1:${plain}`])
    services.env = { TENON_CA_FILE: tls.caFile, TENON_RESOLVE: pins.join(','), TENON_EGRESS_ALLOW: '127.0.0.0/8' }
    return services
  }

  #answer(scheme, req, res, body) {
    this.seen.push({ method: req.method, url: `${scheme}://${req.headers.host}${req.url}`, headers: req.headers, body })
    const next = this.answers.shift() ?? {}, answer = JSON.stringify(typeof next === 'number' ? {} : next)
    res.writeHead(typeof next === 'number' ? next : 200, { 'content-type': 'application/json' })
    res.end(req.method === 'HEAD' ? undefined : answer)
  }

  stop() { return Promise.all(this.servers.map(close)) }
}
