// SPDX-License-Identifier: MIT
// A stream of events that comes back. The browser goes on by itself where a stream breaks off, but gives up for good where the host
// answers with anything else: a proxy while the host starts, or a session that ended and is there again.

const AGAIN_MS = 3_000;

/** `begin` says what to listen to, each time that a stream is opened. Answers how to end it. */
export function openStream(address: string, begin: (source: EventSource) => void): () => void {
    let source: EventSource;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const open = () => {
        source = new EventSource(address);
        source.addEventListener('error', () => {
            if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, AGAIN_MS);
        });
        begin(source);
    };
    open();
    return () => {
        clearTimeout(timer);
        source.close();
    };
}
