// SPDX-License-Identifier: MIT
// Load tests against their yardsticks (DESIGN 10), interleaved in one run: ratios, not absolute rates.
// bench.mjs [--write] [--rounds N] [--seconds N]: --write puts the table into docs/PERFORMANCE.md.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { callRows, startHost, startUpstream, tokenEndpoint } from './calls.mjs';
import { largeRows } from './large_folder.mjs';
import { children, connections, root, rounds, seconds, sleep, threads, work } from './lib.mjs';

const page = (table) => `# Performance

One run of \`./dev bench\` (medians of ${rounds} rounds of ${seconds} s each, wrk with ${connections} connections, Tenon and every yardstick with
${threads} serving thread, all on the same ${os.cpus().length} cores). The machine is shared and noisy: read the ratios, each the median of what its
contenders reached side by side, not the rates.

${table}
`;

async function main() {
  const endpoint = await tokenEndpoint(), upstreamPort = await startUpstream();
  const host = await startHost('few', path.join(work, 'few'), endpoint, upstreamPort);
  const rows = [['what', 'measured', 'yardstick in the same run', 'ratio', 'target'],
    ...await callRows(host, endpoint, upstreamPort), ...await largeRows(host, endpoint, upstreamPort)];
  endpoint.server.close();
  const table = rows.map((row, i) => `| ${row.join(' | ')} |${i ? '' : '\n|---|---|---|---|---|'}`).join('\n');
  console.log(table);
  if (process.argv.includes('--write')) fs.writeFileSync(path.join(root, 'docs/PERFORMANCE.md'), page(table));
}

try {
  await main();
} finally {
  for (const child of children) child.kill('SIGTERM');
  await sleep(500);
  fs.rmSync(work, { recursive: true, force: true });
}
