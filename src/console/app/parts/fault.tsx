// SPDX-License-Identifier: MIT
// What went wrong: the host's own words, the id of the request, and what one can do.
import type { ComponentChildren } from 'preact';
import { Problem } from '../api';
import { Button } from './button';
import { CopyButton } from './copy';
import { Icon } from './icon';

/** By status, where the code itself has no better advice. */
function adviceOf(problem: Problem): string {
    if (problem.code === 'csrf_rejected') return 'Reload the page and try again.';
    if (problem.status === 0) return 'Look whether the host runs, then try again.';
    if (problem.status === 401) return 'Sign in again.';
    if (problem.status === 403) return 'Ask an admin of this host for a key that may do this.';
    if (problem.status === 404) return 'It may have been removed, or your key is not bound to it.';
    if (problem.status === 409) return 'Somebody has to look after the connection first: open its page.';
    if (problem.status === 424) return 'The service refused it for good. Check the credentials of the connection.';
    if (problem.status === 429) return `Try again ${problem.retryAfter ? `in ${problem.retryAfter} s` : 'in a while'}.`;
    if (problem.status >= 500) return 'Try again in a while. If it stays, look for the request id in the log.';
    return 'Correct it and try again.';
}

/** What the host says of one input, to stand at its field: `faultAt(problem, '/name')`. */
export function faultAt(problem: Problem | undefined, pointer: string): string | undefined {
    return problem?.document.errors?.find((one) => one.pointer === pointer)?.detail;
}

export interface FaultProps {
    problem: Problem;
    /** What one can do, where the page knows better. */
    advice?: string;
    onRetry?: () => void;
    children?: ComponentChildren;
}

export function Fault({ problem, advice, onRetry, children }: FaultProps) {
    const { title, detail, upstream } = problem.document;
    const errors = problem.document.errors?.filter((one) => one.detail !== detail); /* the first one is the whole's text, too */
    return (
        <div class="fault-panel" role="alert">
            <Icon name="warning" />
            <div>
                <p class="fault-title">{title ?? 'Something went wrong'}</p>
                {detail && detail !== title && <p>{detail}</p>}
                {!!errors?.length && (
                    <ul>
                        {errors.map((one) => (
                            <li key={one.pointer}>{one.pointer && <code>{one.pointer}</code>} {one.detail}</li>
                        ))}
                    </ul>
                )}
                {upstream && (
                    <p>
                        The service said{upstream.status ? ` ${upstream.status}` : ''}
                        {upstream.error && <>: <code>{upstream.error}</code></>}
                        {upstream.error_description && <> {upstream.error_description}</>}
                    </p>
                )}
                {children}
                <p class="advice">{advice ?? adviceOf(problem)}</p>
                {problem.requestId && (
                    <p class="request-id">
                        Request <code>{problem.requestId}</code> <CopyButton text={problem.requestId} label="Copy the request id" isIconOnly />
                    </p>
                )}
                {onRetry && <Button icon="refresh" onClick={onRetry}>Try again</Button>}
            </div>
        </div>
    );
}
