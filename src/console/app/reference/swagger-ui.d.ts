// SPDX-License-Identifier: MIT
// What of swagger-ui-dist is used; it brings no types.
declare module 'swagger-ui-dist/swagger-ui-es-bundle.js' {
    export default function SwaggerUI(options: Record<string, unknown>): unknown;
}
/* build.mjs makes it a file beside the scripts. */
declare module 'swagger-ui-dist/swagger-ui.css' {
    const address: string;
    export default address;
}
