// SPDX-License-Identifier: MIT
// JSON of published packages as people have written it: a BOM, Windows-1252, commas before a closing bracket, control characters
// in texts. Written for the comparison, not from the importer. null: it is broken otherwise.
const decode = (bytes) => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('windows-1252').decode(bytes)
  }
}

// Outside of strings a comma before a bracket goes; within them control characters are escaped, or go.
function repaired(text) {
  let out = '', quoted = false
  for (let i = 0; i < text.length; i++) {
    const c = text[i]
    if (quoted) {
      if (c === '\\') { out += c + (text[++i] ?? ''); continue }
      if (c === '"') quoted = false
      out += c < ' ' ? JSON.stringify(c).slice(1, -1) : c
    } else if (c === ',' && /^\s*[}\]]/.test(text.slice(i + 1, i + 200))) {
      continue
    } else {
      if (c === '"') quoted = true
      out += c
    }
  }
  return out
}

export function lenient(bytes) {
  const text = decode(bytes).replace(/^\uFEFF/, '')
  for (const one of [text, repaired(text)]) {
    try { return JSON.parse(one) } catch { /* the next */ }
  }
  return null
}
