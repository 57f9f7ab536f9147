// SPDX-License-Identifier: MIT
// Examples of docs/CONNECTORS.md, for tests that run them as they stand.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { ROOT } from './tenon.mjs'

// The YAML blocks of a section, in their order.
export function examples(section) {
  const page = readFileSync(join(ROOT, 'docs/CONNECTORS.md'), 'utf8')
  const text = page.split('\n## ').find((part) => part.startsWith(`${section}\n`))
  assert.ok(text, `docs/CONNECTORS.md has no section ${section}`)
  return [...text.matchAll(/^```yaml(?: fragment)?\n([^]*?)^```$/gm)].map(([, block]) => block)
}
