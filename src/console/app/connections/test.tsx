// SPDX-License-Identifier: MIT
// Tries a connection, and tells each step.
import { useState } from 'preact/hooks';
import { api, type Schema } from '../api';
import { useDoing } from '../load';
import { Button } from '../parts/button';
import { Fault } from '../parts/fault';
import { Icon } from '../parts/icon';
import { Panel } from '../parts/panel';
import { duration } from '../parts/when';
import { href } from '../router';
import { addressOfUse, type Connection } from './model';

type Report = Schema<'TestReport'>;
type Step = Schema<'TestStep'>;

export function Test({ connection, reload }: { connection: Connection; reload: () => void }) {
    const { name } = connection;
    const [report, setReport] = useState<Report>();
    const doing = useDoing();
    const run = async () => {
        setReport(await api.post('/v1/connections/{connection}/test', undefined, { path: { connection: name } }));
        reload();
    };
    const button = <Button busy={doing.busy} onClick={() => void doing.run(run)}>{report ? 'Test again' : 'Test it'}</Button>;
    return (
        <Panel title="Test" beside={button}>
            {!report && !doing.problem && <p class="soft">Signs in and asks the service, as the connector says. Takes no call of the limits.</p>}
            {doing.problem && <Fault problem={doing.problem} />}
            <div role="status" class="told-steps">{report && <Steps of={report} />}</div>
            {report?.ok && <p>Next: <a href={`${href('try')}?connection=${name}`}>try an action</a>, or <a href={addressOfUse(connection)}>use it in Power Automate</a> and elsewhere.</p>}
        </Panel>
    );
}

const NAMES: Record<Step['step'], string> = {
    connection: 'The connection is ready',
    token: 'The service signs it in',
    verify: 'The service answers it',
};

function Steps({ of: { ok, steps } }: { of: Report }) {
    return (
        <div class="stack">
            <p class={ok ? 'told good' : 'told bad'}>
                <Icon name={ok ? 'check' : 'cross'} /> {ok ? 'It works.' : 'It does not work yet.'}
            </p>
            <ol class="test-steps">{steps.map((step) => <StepItem key={step.step} step={step} />)}</ol>
        </div>
    );
}

function StepItem({ step }: { step: Step }) {
    return (
        <li class={step.ok ? 'good' : 'bad'}>
            <Icon name={step.ok ? 'check' : 'cross'} />
            <div>
                <p>
                    <strong>{NAMES[step.step]}</strong>
                    {step.status && <span class="soft"> – it answered {step.status}</span>}
                    {step.expires_in !== undefined && <span class="soft"> – the token lives {duration(step.expires_in * 1000)} more</span>}
                </p>
                {step.detail && <p>{step.detail}</p>}
                {step.error && <p class="soft"><code>{step.error}</code> {step.error_description}</p>}
                {step.explain && <p class="explain">{step.explain}</p>}
            </div>
        </li>
    );
}
