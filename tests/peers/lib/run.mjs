// SPDX-License-Identifier: MIT
// Programs that a test runs beside itself, so that the servers in it go on answering.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'

import { ROOT, TENON } from './tenon.mjs'

// {status, stdout, stderr}
export const run = (program, args, options) => new Promise((resolve, reject) => {
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => { said[name] += text })
  child.on('error', reject)
  child.on('close', (status) => resolve({ status, ...said }))
})

// `tenon openapi`, and what it printed.
export const cli = (...args) => run(TENON, ['openapi', ...args], { cwd: ROOT })
export const print = async (...args) => {
  const { status, stdout, stderr } = await cli(...args)
  assert.equal(status, 0, `tenon openapi ${args.join(' ')}\n${stderr}`)
  return stdout
}

// What a program of Node's printed.
export const node = async (args, options) => {
  const { status, stdout, stderr } = await run(process.execPath, args, options)
  assert.equal(status, 0, `${args[0]}\n${stdout}${stderr}`)
  return stdout
}

// The words of a program that can write no file beyond that many bytes, as on a full disk.
export const shortOfDisk = (bytes, program, args) => ['sh', ['-c', `ulimit -f ${Math.ceil(bytes / 512)} && exec "$0" "$@"`, program, ...args]]
