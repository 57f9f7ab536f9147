// SPDX-License-Identifier: MIT
// One call: its way from the key to the service and back, as a time line.
import type { ComponentChildren } from 'preact';
import { api } from '../api';
import { useLoad } from '../load';
import { Badge } from '../parts/badge';
import { CopyButton } from '../parts/copy';
import { Empty } from '../parts/empty';
import { Fault } from '../parts/fault';
import { Waiting } from '../parts/empty';
import { Facts, PageHead, Panel } from '../parts/panel';
import { href } from '../router';
import { took } from '../usage/model';
import { actionOf, toneOf, type Call } from './model';
import { sayOf, titleOf, type Step } from './steps';

export function Trace({ request }: { request: string }) {
    const call = useLoad((signal) => api.get('/v1/calls/{request}', { path: { request }, signal }), [request]);
    if (call.data) return <Shown call={call.data} />;
    return (
        <>
            <PageHead title="Call" back={{ href: href('activity'), title: 'Activity' }} />
            {!call.problem ? <Waiting /> : call.problem.status === 404 ? <NotKept request={request} /> : <Fault problem={call.problem} onRetry={call.reload} />}
        </>
    );
}

function NotKept({ request }: { request: string }) {
    return (
        <Empty title="This call is not kept any more">
            <p>
                The host keeps its latest calls, and those that failed for longer; a restart forgets all. The log may know <code>{request}</code>, and
                the audit trail what it changed.
            </p>
        </Empty>
    );
}

function Shown({ call }: { call: Call }) {
    return (
        <>
            <PageHead
                title={actionOf(call)}
                back={{ href: href('activity'), title: 'Activity' }}
                beside={
                    <>
                        <Badge tone={toneOf(call)}>{call.status}</Badge>
                        {!call.whole && <Badge tone="bad">Broken off</Badge>}
                    </>
                }
                lead={leadOf(call)}
            />
            <Panel title="Its way">
                <TimeLine call={call} steps={call.steps ?? []} />
                {call.steps_left_out && <p class="soft">It had more steps than are kept; the last one shown is the last.</p>}
            </Panel>
            <Panel title="Call">
                <Facts of={factsOf(call)} />
            </Panel>
        </>
    );
}

function leadOf({ code, duration_ms, upstream_ms }: Call): string {
    const own = Math.max(0, duration_ms - upstream_ms);
    const split = upstream_ms > 0 ? `, ${took(upstream_ms)} of it waiting for the service and ${took(own)} in Tenon` : ', all of it in Tenon';
    return `${code ? `Ended with ${code}. ` : ''}It took ${took(duration_ms)}${split}.`;
}

function factsOf(call: Call): [string, ComponentChildren][] {
    return [
        ['Connection', call.connection && <a href={href('connections', call.connection)}>{call.connection}</a>],
        ['Connector', call.connector && <a href={href('connectors', call.connector)}>{call.connector}</a>],
        ['Key', call.key ? <code>{call.key}</code> : 'another one'],
        ['Came at', <time dateTime={call.at}>{new Date(call.at).toLocaleString('en-GB')}</time>],
        ['Bytes of the answer', call.bytes > 0 && call.bytes.toLocaleString('en')],
        ['Request id', <Id of={call.request} label="Copy the request id" />],
        ['Trace', call.trace && <Id of={call.trace} label="Copy the trace" />],
    ];
}

function Id({ of, label }: { of: string; label: string }) {
    return (
        <span class="id">
            <code>{of}</code> <CopyButton text={of} label={label} isIconOnly />
        </span>
    );
}

function TimeLine({ call, steps }: { call: Call; steps: Step[] }) {
    const whole = Math.max(call.duration_ms, 0.001);
    return (
        <ol class="way-line">
            {steps.map((step, i) => (
                <li key={i} class={step.result === 'failed' ? 'bad' : undefined}>
                    <p class="way-head">
                        <strong>{titleOf(step)}</strong>
                        {step.status && <Badge tone={step.status < 400 ? 'good' : 'bad'}>{step.status}</Badge>}
                    </p>
                    <Bar step={step} whole={whole} />
                    <p class="number soft">{took(step.duration_ms)}</p>
                    <p class="way-said soft">{sayOf(step, call)}</p>
                </li>
            ))}
        </ol>
    );
}

/* Waiting for the first byte of the service is paler than what comes behind it. */
function Bar({ step, whole }: { step: Step; whole: number }) {
    const at = (step.after_ms / whole) * 1000;
    const long = Math.max((step.duration_ms / whole) * 1000, 4);
    const waited = step.first_byte_ms ? (step.first_byte_ms / whole) * 1000 : 0;
    return (
        <svg class={`way-bar ${step.host ? 'outside' : ''}`} viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">
            <rect width="1000" height="10" class="ground" />
            <rect x={Math.min(at, 996)} width={long} height="10" />
            {waited > 0 && <rect x={at} width={waited} height="10" class="waiting-part" />}
        </svg>
    );
}
