// SPDX-License-Identifier: MIT
// strace around a host: what its threads ask of the kernel, and death at exactly the n-th call of one kind. Each thread counts its
// own calls from the start on, and whichever comes to n first dies there; so a scenario is watched once to learn which
// numbers fall into the part that matters.
import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'

// What can lose something or tell somebody.
export const SYSCALLS = ['write', 'writev', 'pwrite64', 'fsync', 'fdatasync', 'rename', 'renameat2', 'ftruncate', 'unlink', 'sendto',
  'sendmsg', 'recvfrom', 'read']

// A reason for not running, or false.
export const straceMissing = spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status === 0 ? false : 'strace is not here, or may not trace'

export const watching = (file, syscalls = SYSCALLS) => ['strace', '-f', '-qq', '-ttt', '-e', 'signal=none', '-e', `trace=${syscalls.join()}`, '-o', file]
export const killing = (file, syscall, n) => ['strace', '-f', '-qq', '-ttt', '-e', 'signal=none', '-e', `trace=${syscall}`,
  '-e', `inject=${syscall}:signal=KILL:when=${n}`, '-o', file]

// Id -> name of each thread.
export function threadsOf(pid) {
  return new Map(readdirSync(`/proc/${pid}/task`).map((id) => [id, readFileSync(`/proc/${pid}/task/${id}/comm`, 'utf8').trim()]))
}

// What was watched: for each thread and syscall how many calls came before `from`, and how many since then (to: until then), in
// seconds. threads: as threadsOf answers.
export function readWatched(file, threads, from, to = Infinity) {
  const counts = new Map()
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [, id, at, syscall] = /^(\d+)\s+([\d.]+) (\w+)\(/.exec(line) ?? []
    if (!id || Number(at) > to) continue
    const key = `${id} ${syscall}`
    const count = counts.get(key) ?? { thread: threads.get(id) ?? 'another', syscall, before: 0, within: 0 }
    counts.set(key, count)
    count[Number(at) < from ? 'before' : 'within']++
  }
  return [...counts.values()]
}
