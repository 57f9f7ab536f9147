// SPDX-License-Identifier: MIT
// The promises as a table: what is tried, what it may be at most, what was seen.
import { canaries, crowds, hungEndpoint, permanent401, wrongPassword } from './promises.mjs'
import { sealingSweep } from './sealing.mjs'
import { sweep } from './sweep.mjs'

// {what, promised, seen, held}
const row = (what, promised, seen, held) => ({ what, promised, seen: String(seen), held: Boolean(held) })
const skipped = (what, reason) => ({ what, promised: '', seen: `not tried: ${reason}`, held: true, skipped: reason })

async function crowdRows(options) {
  const { threads, cold, expired, rotating, alive } = await crowds(options)
  const one = (seen) => seen.requests === 1 && seen.served === threads && seen.tokens === 1
  const counts = (list) => [...new Set(list.map((seen) => seen.requests))].join()
  const all = (list) => list.length > 0 && list.every(one)
  return [
    row(`token requests, ${threads} threads of callers, no token`, 1, cold.requests, one(cold)),
    row(`token requests, ${threads} threads, token run out`, 1, counts(expired), all(expired)),
    row(`token requests, ${threads} threads, rotating server, ${rotating.length} times run out`, '1 each', counts(rotating), all(rotating)),
    row('the sign-in alive behind that', 'yes', alive ? 'yes' : 'no', alive),
  ]
}

async function sweepRows(options) {
  const where = options.steps ? ', a step following the token answer' : ''
  const seen = await sweep(options)
  if (seen.skipped) return [skipped(`kill points${where}`, seen.skipped)]
  const each = Object.entries(seen.bySyscall).filter(([, count]) => count).map(([syscall, count]) => `${count} ${syscall}`).join(', ')
  return [
    row(`kill points tried${where} (${each})`, '', `${seen.tried} of ${seen.found}`, seen.tried > 0),
    row('connections lost there, the answer being durable', 0, seen.broken.length, seen.broken.length === 0),
    row('answers lost with the process, told as `refresh_uncertain`', 'only before the answer is durable', seen.lostAnswers, seen.lostAnswers < seen.tried / 2),
    row('answers found sealed, and taken over', '', seen.takenOver, true),
    ...seen.broken.map((outcome) => row(`broken: ${JSON.stringify(outcome)}`, '', '', false)),
  ]
}

async function sealingRows(options) {
  const seen = await sealingSweep(options)
  if (seen.skipped) return [skipped('kill points of what seals', seen.skipped)]
  const each = Object.entries(seen.tried).map(([operation, count]) => `${count} ${operation}`).join(', ')
  return [
    row(`kill points tried of what seals and copies the store (${each})`, '', `${Object.values(seen.tried).reduce((a, b) => a + b, 0)} of ${seen.found}`, seen.met > 0),
    row('stores that did not open there, connections or backups lost', 0, seen.broken.length, seen.broken.length === 0),
    ...seen.broken.map((outcome) => row(`broken: ${JSON.stringify(outcome)}`, '', '', false)),
  ]
}

async function passwordRows(options) {
  const { restarts, sent, codes } = await wrongPassword(options)
  return [row(`wrong password: attempts sent, over ${restarts} restarts`, 1, sent, sent === 1 && codes.join() === 'credentials_rejected')]
}

async function refusedRows(options) {
  const { status, api, token, calls, apiMore, tokenMore } = await permanent401(options)
  return [
    row('API that refuses every token: API calls, token requests of a call', '2, 1', `${api}, ${token}`, status === 424 && api <= 2 && token <= 1),
    row(`the same of ${calls} more calls within 60 s`, `${calls}, 0`, `${apiMore}, ${tokenMore}`, apiMore <= calls && tokenMore === 0),
  ]
}

async function hungRows(options) {
  const { requests, codes, hastyMs, patientMs, impatient } = await hungEndpoint(options)
  const held = hastyMs < 300 * 20 && patientMs < 1000 * 20 && !impatient && codes.join() === 'token_endpoint_timeout' && requests === 1
  return [row('hung token endpoint: answers by the callers\' own deadlines of 300 ms and 1 s', '0.3 s, 1 s', `${(hastyMs / 1000).toFixed(1)} s, ${(patientMs / 1000).toFixed(1)} s; ${requests} token request`, held)]
}

async function canaryRows() {
  const { found, places, secrets } = await canaries()
  return [row(`secrets and ${secrets} issued tokens in log, errors, documents, metrics, store (${places} places)`, 0, found.length ? found.join('; ') : 0, found.length === 0)]
}

export const PARTS = {
  sweep: sweepRows, steps: (options) => sweepRows({ ...options, steps: true }), sealing: sealingRows, crowds: crowdRows,
  password: passwordRows, refused: refusedRows, hung: hungRows, canaries: canaryRows,
}

export function write(rows) {
  return ['| what | promised | seen |', '|---|---|---|', ...rows.map(({ what, promised, seen }) => `| ${what} | ${promised} | ${seen} |`)].join('\n')
}
