// SPDX-License-Identifier: MIT
// Callers in threads of their own, each with its own connection, which all begin at the same moment. Here: their pool; in a worker:
// one of them.
import { request as httpRequest, Agent } from 'node:http'
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads'

function once(url, key, agent) {
  return new Promise((resolve) => {
    const sent = httpRequest(url, { method: 'POST', headers: { 'x-api-key': key, 'content-length': 0 }, agent }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part) => { text += part }).on('end', () => {
        resolve({ status: answer.statusCode, token: answer.statusCode === 200 ? JSON.parse(text).access_token : null, code: answer.headers['tenon-error'] })
      })
    })
    sent.on('error', (error) => resolve({ status: 0, code: error.code }))
    sent.end()
  })
}

if (!isMainThread) {
  const agent = new Agent({ keepAlive: true })
  const gate = new Int32Array(workerData.gate)
  parentPort.on('message', async ({ url, key, round }) => {
    parentPort.postMessage('ready')
    Atomics.wait(gate, 0, round - 1)
    parentPort.postMessage(await once(url, key, agent))
  })
}

export class Callers {
  constructor(count) {
    const gate = new SharedArrayBuffer(4)
    this.gate = new Int32Array(gate)
    this.workers = Array.from({ length: count }, () => new Worker(new URL(import.meta.url), { workerData: { gate } }))
  }

  // One call of each; when all stand at the gate, before() runs, and it opens.
  async callAll(url, key, before = async () => {}) {
    const round = Atomics.load(this.gate, 0) + 1
    let ready = 0
    let open
    const allReady = new Promise((resolve) => { open = resolve })
    const answers = this.workers.map((worker) => new Promise((resolve) => {
      const take = (message) => {
        if (message === 'ready') {
          if (++ready === this.workers.length) open()
          return
        }
        worker.off('message', take)
        resolve(message)
      }
      worker.on('message', take)
      worker.postMessage({ url, key, round })
    }))
    await allReady
    await before()
    Atomics.store(this.gate, 0, round)
    Atomics.notify(this.gate, 0)
    return Promise.all(answers)
  }

  end() { return Promise.all(this.workers.map((worker) => worker.terminate())) }
}
