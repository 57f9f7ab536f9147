// SPDX-License-Identifier: MIT
// What becomes of a catalogue of Nango: how many of its providers are imported, and of how many everything that arrives at their
// services is what the catalogue prescribes. It is read where it lies ($TENON_SHARED/corpora/nango), never copied.
import { compareProvider, report, skip, startComparison, stopComparison } from '../peers/lib/nango-run.mjs'

// row: (name, text) => a line of the table; count: values with how often each is there. Answers whether it is enough.
export async function nango(row, count) {
  if (skip) {
    row('providers of Nango', String(skip))
    return true
  }
  try {
    await startComparison()
    const imported = report.filter((entry) => entry.connector), wrong = []
    for (const { connector } of imported) {
      await compareProvider(connector).catch((error) => wrong.push([connector, String(error.message).split('\n')[0]]))
    }
    row('providers of Nango read', report.length)
    row('imported', imported.length)
    for (const [reason, n] of count(report.filter((entry) => entry.failed).map((entry) => entry.failed))) row(`  refused: ${reason}`, n)
    row('requests as prescribed', `${imported.length - wrong.length} of ${imported.length}`)
    for (const [id, why] of wrong) row(`  not ${id}`, why.slice(0, 200))
    for (const [reason, n] of count(imported.flatMap((entry) => [...new Set(entry.notes.map((note) => note.reason))]))) row(`  note: ${reason}`, n)
    return imported.length - wrong.length >= 0.9 * report.length
  } finally {
    await stopComparison()
  }
}
