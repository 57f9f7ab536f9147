// SPDX-License-Identifier: MIT
// Zip archives (APPNOTE 4.3), deflated.
import { crc32, deflateRawSync } from 'node:zlib'

const UTF8 = 0x800, DEFLATED = 8, DATE = 0x21 // 1980-01-01

function head(signature, size, name, bytes, packed) {
  const h = Buffer.alloc(size)
  const at = size === 30 ? 4 : 6
  h.writeUInt32LE(signature, 0)
  if (size === 46) h.writeUInt16LE(20, 4)
  h.writeUInt16LE(20, at)
  h.writeUInt16LE(UTF8, at + 2)
  h.writeUInt16LE(DEFLATED, at + 4)
  h.writeUInt16LE(DATE, at + 8)
  h.writeUInt32LE(crc32(bytes), at + 10)
  h.writeUInt32LE(packed.length, at + 14)
  h.writeUInt32LE(bytes.length, at + 18)
  h.writeUInt16LE(name.length, at + 22)
  return h
}

// files: name -> text or bytes.
export function zipOf(files) {
  const locals = [], entries = []
  let offset = 0
  for (const [name, content] of Object.entries(files)) {
    const bytes = Buffer.from(content), packed = deflateRawSync(bytes), path = Buffer.from(name)
    const local = Buffer.concat([head(0x04034b50, 30, path, bytes, packed), path, packed])
    const entry = head(0x02014b50, 46, path, bytes, packed)
    entry.writeUInt32LE(offset, 42)
    locals.push(local)
    entries.push(entry, path)
    offset += local.length
  }
  const directory = Buffer.concat(entries), end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(locals.length, 8)
  end.writeUInt16LE(locals.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, directory, end])
}
