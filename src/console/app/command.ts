// SPDX-License-Identifier: MIT
// Commands for people to paste into their shell.

/** One word, whatever it holds: in single quotes, as every POSIX shell reads it. */
function quote(text: string): string {
    return `'${text.replace(/'/g, `'\\''`)}'`;
}

/** A call by curl, with the caller's key from the environment. */
export function curlCommand(method: string, address: string, headers: Record<string, string>, body?: string): string {
    const lines = [`curl -X ${method} ${quote(address)}`, '-H "X-API-Key: $TENON_KEY"'];
    for (const [name, value] of Object.entries(headers)) lines.push(`-H ${quote(`${name}: ${value}`)}`);
    if (body !== undefined) lines.push(`--data-raw ${quote(body)}`); /* -d would read a file behind an @ */
    return lines.join(' \\\n  ');
}
