// SPDX-License-Identifier: MIT
// Debian's Chromium, driven by playwright-core, and pages for it: served as the host serves its own, under the same content
// security policy.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'

import { chromium } from 'playwright-core'

const PROGRAM = process.env.CHROMIUM ?? '/usr/bin/chromium'
const CSP = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' https:"

// What a page has from elsewhere, such as the fonts of an authorization server's pages, fails at once instead of waiting for a network.
const LOOPBACK_ONLY = ['--no-proxy-server', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE *.localhost']

// `./dev test` installs it; without it these tests fail rather than pass unseen.
export async function startBrowser(flags = []) {
  assert.ok(existsSync(PROGRAM), `${PROGRAM} is not there: apt-get install chromium`)
  return chromium.launch({ executablePath: PROGRAM, timeout: 120000, args: [...LOOPBACK_ONLY, ...flags, ...(process.getuid() === 0 ? ['--no-sandbox'] : [])] })
}

// pages: path -> html. `requests` collects what else was asked for: {method, url, form}.
export async function servePages(pages, style) {
  const requests = []
  const server = createServer(async (req, res) => {
    const path = req.url.split('?')[0]
    let text = ''
    for await (const part of req) text += part
    const headers = { 'content-security-policy': CSP, 'referrer-policy': 'no-referrer', 'x-content-type-options': 'nosniff' }
    if (path.endsWith('/style.css')) {
      res.writeHead(200, { ...headers, 'content-type': 'text/css; charset=utf-8' }).end(style)
    } else if (req.method === 'GET' && pages.has(path)) {
      res.writeHead(200, { ...headers, 'content-type': 'text/html; charset=utf-8' }).end(pages.get(path))
    } else {
      requests.push({ method: req.method, url: req.url, form: new URLSearchParams(text) })
      res.writeHead(200, { ...headers, 'content-type': 'text/html' }).end('<!doctype html><title>Arrived</title>')
    }
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    requests,
    stop: () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections() }),
  }
}
