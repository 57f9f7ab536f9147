// SPDX-License-Identifier: MIT
// A Dockerfile as stages of steps. Knows the words that ours uses, and refuses any other.
const WORDS = ['RUN', 'COPY', 'ENV', 'WORKDIR', 'USER', 'VOLUME', 'EXPOSE', 'STOPSIGNAL', 'HEALTHCHECK', 'ENTRYPOINT', 'CMD']

const list = (text) => (text.startsWith('[') ? JSON.parse(text) : text.split(/\s+/))

const READ = {
  RUN: (text) => text,
  // COPY [--from=STAGE] SOURCE... TARGET
  COPY: (text) => {
    const words = text.split(/\s+/)
    const from = words[0].startsWith('--from=') ? words.shift().slice('--from='.length) : null
    return { from, sources: words.slice(0, -1), target: words.at(-1) }
  },
  ENV: (text) => Object.fromEntries([...text.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, value])),
  HEALTHCHECK: (text) => list(text.slice(text.indexOf('CMD ') + 4)),
  VOLUME: list,
  EXPOSE: list,
  ENTRYPOINT: list,
  CMD: list,
}

// [{name, from, steps: [{word, value}]}]
export function parseDockerfile(text) {
  const stages = []
  const lines = text.replace(/^\s*#.*\n/gm, '').replace(/\\\n/g, ' ').split('\n').map((line) => line.trim()).filter(Boolean)
  for (const line of lines) {
    const [, word, rest] = /^(\S+)\s+(.*)$/.exec(line)
    if (word === 'FROM') {
      const [, from, name] = /^(\S+) AS (\S+)$/.exec(rest)
      stages.push({ name, from, steps: [] })
    } else if (WORDS.includes(word)) {
      stages.at(-1).steps.push({ word, value: (READ[word] ?? ((value) => value))(rest) })
    } else {
      throw new Error(`the Dockerfile says ${word}, which the tests cannot follow`)
    }
  }
  return stages
}

// The values of a word in a stage.
export const valuesOf = (stage, word) => stage.steps.filter((step) => step.word === word).map((step) => step.value)
