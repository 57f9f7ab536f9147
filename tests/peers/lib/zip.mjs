// SPDX-License-Identifier: MIT
// The members of a zip, read by its central directory: [{name, bytes, date}]. Checksums are compared.
import assert from 'node:assert/strict'
import { inflateRawSync } from 'node:zlib'

export function crc32(bytes) {
  let sum = ~0
  for (const byte of bytes) {
    sum ^= byte
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0)
  }
  return ~sum >>> 0
}

export function unzip(zip) {
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'))
  const members = []
  for (let at = zip.readUInt32LE(end + 16), left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const [method, time, date] = [10, 12, 14].map((offset) => zip.readUInt16LE(at + offset))
    const [sum, packed] = [16, 20].map((offset) => zip.readUInt32LE(at + offset))
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset))
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength)
    const local = zip.readUInt32LE(at + 42)
    const from = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
    const raw = zip.subarray(from, from + packed)
    const bytes = method === 8 ? inflateRawSync(raw) : raw
    assert.equal(crc32(bytes), sum, name)
    members.push({ name, bytes, date: date << 16 | time })
    at += 46 + nameLength + extra + comment
  }
  return members
}
