// SPDX-License-Identifier: MIT
// A person's browser, as far as signing in needs one: a cookie jar, redirects, forms. It knows no script, as our pages need
// none. Addresses that the test has no name service for are mapped: origin -> where that really is.
import assert from 'node:assert/strict'

import { USERS } from './authorization-server.mjs'
import { request } from './util.mjs'

const REDIRECTS_MAX = 15

export class Browser {
  // hosts: {'https://tenon.example': 'http://127.0.0.1:4711'}; ca: of TLS peers.
  constructor({ hosts = {}, ca } = {}) {
    this.hosts = hosts
    this.ca = ca
    this.cookies = [] // {host, name, value, path, attributes}
    this.history = [] // every address that was asked for, by its method
  }

  #keep(url, lines) {
    for (const line of [lines ?? []].flat()) {
      const [pair, ...rest] = line.split(/;\s*/)
      const attributes = Object.fromEntries(rest.map((part) => [part.split('=')[0].toLowerCase(), part.split('=').slice(1).join('=') || true]))
      const cookie = { host: url.host, name: pair.split('=')[0], value: pair.split('=').slice(1).join('='), path: attributes.path ?? '/', attributes }
      this.cookies = this.cookies.filter((c) => c.host !== cookie.host || c.name !== cookie.name || c.path !== cookie.path)
      const over = attributes['max-age'] === '0' || (attributes.expires && new Date(attributes.expires) < new Date())
      if (cookie.value && !over) this.cookies.push(cookie)
    }
  }

  cookieHeader(url) {
    const fits = (path) => url.pathname === path || url.pathname.startsWith(path.endsWith('/') ? path : `${path}/`)
    return this.cookies.filter((c) => c.host === url.host && fits(c.path)).map((c) => `${c.name}=${c.value}`).join('; ')
  }

  // One request, no redirect. Answers {status, headers, text, url}.
  async once(address, { method = 'GET', form, headers = {} } = {}) {
    const url = new URL(address)
    const real = this.hosts[url.origin] ? new URL(url.pathname + url.search, this.hosts[url.origin]) : url
    const cookie = this.cookieHeader(url)
    const body = form && new URLSearchParams(form).toString()
    this.history.push(`${method} ${address}`)
    const answer = await request(real, {
      method, body, ...(this.ca && { ca: this.ca, servername: url.hostname }),
      headers: { host: url.host, accept: 'text/html', ...(cookie && { cookie }),
        ...(form && { 'content-type': 'application/x-www-form-urlencoded', origin: 'null', 'sec-fetch-site': 'same-origin' }), ...headers },
    })
    this.#keep(url, answer.headers['set-cookie'])
    return Object.assign(answer, { url: url.href })
  }

  // Goes on until a page comes, or an address that stop() wants to have.
  async open(address, { stop = () => false, ...options } = {}) {
    let answer = await this.once(address, options)
    for (let i = 0; [301, 302, 303, 307].includes(answer.status); i++) {
      assert.ok(i < REDIRECTS_MAX, `too many redirects: ${this.history.slice(-REDIRECTS_MAX).join('\n')}`)
      const next = new URL(answer.headers.location, answer.url).href
      if (stop(next)) return { stopped: next }
      answer = await this.once(next)
    }
    return answer
  }

  // Sends the page's one form, with these values beside those it holds.
  async submit(page, values = {}, options = {}) {
    const form = readForm(page.text)
    const action = new URL(form.action || page.url, page.url).href
    return this.open(action, { method: 'POST', form: { ...form.values, ...values }, ...options })
  }

  // Through oidc-provider's pages, from the one that asks who it is. Answers the page behind them.
  async signIn(page, user, options = {}) {
    let at = page
    for (let i = 0; i < 4 && /name="prompt" value="(login|consent)"/.test(at.text ?? ''); i++) {
      const prompt = /name="prompt" value="(login|consent)"/.exec(at.text)[1]
      at = await this.open(new URL(readForm(at.text).action, at.url).href,
        { method: 'POST', form: { prompt, ...(prompt === 'login' && { login: user, password: USERS[user] ?? 'x' }) }, ...options })
    }
    return at
  }
}

const unescape = (text) => text.replace(/&#(\d+);/g, (_, n) => String.fromCodePoint(n)).replace(/&#x([0-9a-f]+);/gi, (_, n) => String.fromCodePoint(parseInt(n, 16)))
  .replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&')

// The first form that posts: {action, values} of its inputs.
export function readForm(html) {
  const form = [...html.matchAll(/<form\b[^>]*>[\s\S]*?<\/form>/gi)].map(([text]) => text).find((text) => /method=["']?post/i.test(text))
  assert.ok(form, `no form in ${html}`)
  const attribute = (tag, name) => {
    const found = new RegExp(`\\b${name}=(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, 'i').exec(tag)
    return found ? unescape(found[1] ?? found[2] ?? found[3]) : undefined
  }
  const values = {}
  for (const [tag] of form.matchAll(/<input\b[^>]*>/gi)) {
    const name = attribute(tag, 'name'), type = attribute(tag, 'type') ?? 'text'
    if (name && ['hidden', 'text', 'password', 'url', 'email', 'number'].includes(type)) values[name] = attribute(tag, 'value') ?? ''
    if (name && ['radio', 'checkbox'].includes(type) && /\bchecked\b/i.test(tag)) values[name] = attribute(tag, 'value') ?? 'on'
  }
  for (const [text, tag] of form.matchAll(/<select\b([^>]*)>[\s\S]*?<\/select>/gi)) {
    const chosen = /<option\b[^>]*\bselected\b[^>]*>/i.exec(text) ?? /<option\b[^>]*>/i.exec(text)
    if (chosen) values[attribute(tag, 'name')] = attribute(chosen[0], 'value')
  }
  return { action: attribute(/<form\b[^>]*>/i.exec(form)[0], 'action'), values }
}
