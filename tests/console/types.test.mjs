// SPDX-License-Identifier: MIT
// The console's types are those of the host's OpenAPI document. A file of its own: it computes for as long as others wait.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

import { ROOT } from '../peers/lib/tenon.mjs'

test('its calls fit the host\'s OpenAPI document', async () => {
  await promisify(execFile)(process.execPath, [join(ROOT, 'src/console/build.mjs'), '--check'])
})
