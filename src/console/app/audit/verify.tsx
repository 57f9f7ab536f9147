// SPDX-License-Identifier: MIT
// Whether every line is there and as it was written. The host reads the whole trail for it, so somebody asks.
import { useState } from 'preact/hooks';
import { api, type Schema } from '../api';
import { useDoing } from '../load';
import { Button } from '../parts/button';
import { Fault } from '../parts/fault';
import { Icon } from '../parts/icon';
import { CopyLine } from '../parts/copy';
import { Panel } from '../parts/panel';

type Report = Schema<'AuditReport'>;

export function Verification() {
    const [report, setReport] = useState<Report>();
    const doing = useDoing();
    const verify = async () => setReport(await api.get('/v1/audit/verify'));
    return (
        <Panel title="Verification" beside={<Button icon="check" busy={doing.busy} onClick={() => void doing.run(verify)}>Verify the trail</Button>}>
            {doing.problem && <Fault problem={doing.problem} />}
            <div aria-live="polite" class="stack">{report ? <Result of={report} /> : <p class="soft">Checks the code of every line, and that none is missing.</p>}</div>
        </Panel>
    );
}

function Result({ of: { ok, lines, last, faults, fault, mac } }: { of: Report }) {
    if (!ok) {
        return (
            <p class="told bad">
                <Icon name="warning" />
                <span>
                    The trail was changed: {fault?.detail ?? `${faults} faults`}
                    {fault?.file && <> (<code>{fault.file}</code>{fault.line ? `, line ${fault.line}` : ''})</>}. docs/AUDIT.md says what to do.
                </span>
            </p>
        );
    }
    return (
        <>
            <p class="told good"><Icon name="check" />All {lines} lines are as they were written.</p>
            {mac && (
                <>
                    <p class="small soft">The code of line {last}, to be kept elsewhere: with it, a later check tells whether the end was cut off.</p>
                    <CopyLine text={mac} label="the code" />
                </>
            )}
        </>
    );
}
