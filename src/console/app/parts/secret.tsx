// SPDX-License-Identifier: MIT
import { CopyButton } from './copy';

/** A secret that can be seen and copied now, and never again. */
export function SecretOnce({ value, label, children }: { value: string; label: string; children?: string }) {
    return (
        <div class="secret-once">
            <p>{children ?? 'Copy it now. It is not stored and cannot be shown again.'}</p>
            <div class="copy-line">
                <code tabIndex={0} aria-label={label}>{value}</code>
                <CopyButton text={value} label="Copy" />
            </div>
        </div>
    );
}
