// SPDX-License-Identifier: MIT
// What a service manager is to a service: a datagram socket that hears how it is. Node has none of that kind, the
// Perl of every Debian has. `name` is as NOTIFY_SOCKET wants it; `heard` holds the messages, in their order.
import { spawn } from 'node:child_process'

import { until } from './util.mjs'

const LISTEN = `use Socket; $| = 1; my $name = shift; $name =~ s/^@/\\0/;
socket(S, AF_UNIX, SOCK_DGRAM, 0) && bind(S, pack_sockaddr_un($name)) or die $!;
print "ready\\n";
while (defined recv(S, my $message, 65536, 0)) { $message =~ s/\\n/\\t/g; print "$message\\n" }`

// Stops one thread of a process until standard input ends (ptrace(2): seize, interrupt).
const FREEZE = `my $tid = 0 + shift; $| = 1;
syscall(101, 0x4206, $tid, 0, 0) == 0 && syscall(101, 0x4207, $tid, 0, 0) == 0 or die $!;
print "frozen\\n"; 1 while <STDIN>;`

async function startPerl(script, argument, firstLine) {
  const child = spawn('perl', ['-e', script, argument], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = []
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    const parts = (rest + text).split('\n')
    rest = parts.pop()
    lines.push(...parts)
  })
  let ended = false
  child.on('close', () => { ended = true })
  await until(`perl to say ${firstLine}`, () => lines[0] === firstLine || ended)
  if (ended) throw new Error('perl ended')
  return { lines, stop: async () => { child.stdin.end(); child.kill(); await until('perl to end', () => ended) } }
}

export async function startServiceManager(name) {
  const { lines, stop } = await startPerl(LISTEN, name, 'ready')
  const heard = () => lines.slice(1).map((line) => Object.fromEntries(line.split('\t').map((pair) => {
    const at = pair.indexOf('=')
    return [pair.slice(0, at), pair.slice(at + 1)]
  })))
  return { name, stop, get heard() { return heard() }, has: (key) => heard().filter((message) => key in message) }
}

export const canFreeze = process.getuid() === 0 && process.arch === 'x64'
export const freezeThread = (tid) => startPerl(FREEZE, String(tid), 'frozen')
