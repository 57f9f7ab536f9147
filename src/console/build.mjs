// SPDX-License-Identifier: MIT
// Makes the console: `node build.mjs --out DIR` writes DIR/index.html and its files, whose names hold a hash of what is in
// them, to DIR/console/. `node build.mjs --check` checks its types against the host's OpenAPI document and writes nothing.
import { spawnSync } from 'node:child_process';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const app = path.join(here, 'app');

/* The API viewer's style sheet is a file of its own: the one page that needs it loads it, under the address that the import gives. */
const styleAsFile = {
    name: 'style as file',
    setup(build) {
        build.onLoad({ filter: /swagger-ui\.css$/ }, async ({ path: file }) => {
            const text = await readFile(file, 'utf8');
            return { contents: text.replace(/\/\*# sourceMappingURL=.*?\*\//, ''), loader: 'file' };
        });
    },
};

async function bundle(outdir) {
    const { build } = await import('esbuild');
    const { metafile } = await build({
        absWorkingDir: here,
        entryPoints: { main: 'app/main.tsx', style: 'app/style.css', icon: 'app/icon.svg' },
        outdir,
        bundle: true,
        splitting: true,
        minify: true,
        format: 'esm',
        target: ['chrome109', 'firefox115', 'safari16.4'],
        jsx: 'automatic',
        jsxImportSource: 'preact',
        legalComments: 'none',
        entryNames: '[name]-[hash]',
        chunkNames: '[name]-[hash]',
        assetNames: '[name]-[hash]',
        loader: { '.svg': 'copy' },
        plugins: [styleAsFile],
        metafile: true,
        logLevel: 'warning',
    });
    return metafile;
}

/** What app/index.html calls %main%, %style% and %icon%, under the names that they got. */
function entries(metafile) {
    const names = {};
    for (const [file, { entryPoint, inputs }] of Object.entries(metafile.outputs)) {
        const source = entryPoint ?? Object.keys(inputs)[0];
        if (/^app\/(main\.tsx|style\.css|icon\.svg)$/.test(source ?? '')) {
            names[path.parse(source).name] = `console/${path.basename(file)}`;
        }
    }
    return names;
}

async function build(out) {
    await rm(out, { recursive: true, force: true });
    await mkdir(out, { recursive: true });
    const names = entries(await bundle(path.join(out, 'console')));
    const page = await readFile(path.join(app, 'index.html'), 'utf8');
    await writeFile(
        path.join(out, 'index.html'),
        page.replace(/%(\w+)%/g, (_, name) => names[name] ?? fail(`index.html wants ${name}`)),
    );
}

async function check() {
    const { default: openapi, astToString } = await import('openapi-typescript');
    const types = path.join(here, 'node_modules/.tenon/api.d.ts');
    const document = new URL('../../openapi/tenon.openapi.yaml', import.meta.url);
    const text = astToString(await openapi(document, { silent: true, defaultNonNullable: false }));
    await mkdir(path.dirname(types), { recursive: true });
    await writeFile(`${types}.${process.pid}`, text);
    await rename(`${types}.${process.pid}`, types);
    const compiler = path.join(here, 'node_modules/typescript/bin/tsc');
    return spawnSync(process.execPath, [compiler, '-p', here], { stdio: 'inherit' }).status ?? 1;
}

function fail(message) {
    console.error(`build.mjs: ${message}`);
    process.exit(2);
}

const [command, out] = process.argv.slice(2);
if (command === '--out' && out) {
    await build(path.resolve(out));
} else if (command === '--check') {
    process.exit(await check());
} else {
    fail('--out DIR, or --check');
}
