// SPDX-License-Identifier: MIT
// What stands in the memory of a process, for those who may look: root, of a host that lets nobody else.
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'

const LARGEST = 300e6

// A reason for not looking, or false.
export const unreadable = process.getuid() === 0 ? false : 'only root can look into the memory of a host'

// How often each of the named bytes stands there.
export function countInMemory(pid, needles) {
  const counts = Object.fromEntries(Object.keys(needles).map((name) => [name, 0]))
  const memory = openSync(`/proc/${pid}/mem`, 'r')
  try {
    for (const [, from, to] of readFileSync(`/proc/${pid}/maps`, 'utf8').matchAll(/^([0-9a-f]+)-([0-9a-f]+) r(?!.*\[v(?:var|syscall)\]).*$/gm)) {
      const start = Number.parseInt(from, 16), length = Number.parseInt(to, 16) - start
      if (length > LARGEST) continue
      const bytes = Buffer.alloc(length)
      try { readSync(memory, bytes, 0, length, start) } catch { continue } // gone meanwhile
      for (const [name, needle] of Object.entries(needles)) {
        for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + 1)) counts[name]++
      }
    }
  } finally {
    closeSync(memory)
  }
  return counts
}
