// SPDX-License-Identifier: MIT
import type { ComponentChildren } from 'preact';
import type { Schema } from '../api';
import { Badge } from '../parts/badge';
import { Icon } from '../parts/icon';
import { Facts, Panel } from '../parts/panel';
import { grantText, limitText, type Auth, type Served } from './model';

export function Overview({ connector }: { connector: Served }) {
    return (
        <div class="columns">
            <div class="stack">
                {connector.guide && (
                    <Panel title="Before you connect">
                        <Guide guide={connector.guide} />
                    </Panel>
                )}
                <Panel title={connector.auths.length === 1 ? 'How it signs in' : 'Ways to sign in'}>
                    {connector.auths.length ? (
                        <ul class="stack">{connector.auths.map((auth) => <Way key={auth.name} auth={auth} />)}</ul>
                    ) : (
                        <p class="soft">It needs no credentials.</p>
                    )}
                </Panel>
            </div>
            <div class="stack">
                <Panel title="Limits">
                    {connector.throttle.length ? <Limits of={connector.throttle} /> : <p class="soft">None of its own.</p>}
                </Panel>
                <Panel title="Where it calls">
                    <Hosts of={connector.hosts} />
                </Panel>
                <Panel title="About">
                    <About connector={connector} />
                </Panel>
            </div>
        </div>
    );
}

function Guide({ guide }: { guide: Schema<'Guide'> }) {
    return (
        <div class="guide">
            {guide.prerequisites && (
                <>
                    <h3>You need</h3>
                    <ul class="dots">{guide.prerequisites.map((one) => <li key={one}>{one}</li>)}</ul>
                </>
            )}
            <h3>Steps</h3>
            <ol class="steps">
                {guide.steps.map((step) => (
                    <li key={step.title}>
                        <strong>{step.title}</strong>
                        {step.text && <p class="soft">{step.text}</p>}
                        {step.link && <Away href={step.link}>Their instructions</Away>}
                    </li>
                ))}
            </ol>
            {guide.checklist && (
                <>
                    <h3>In the end</h3>
                    <ul class="ticks">
                        {guide.checklist.map((one) => (
                            <li key={one}>
                                <Icon name="check" />
                                {one}
                            </li>
                        ))}
                    </ul>
                </>
            )}
        </div>
    );
}

function Way({ auth }: { auth: Auth }) {
    const fields = auth.parameters.filter((one) => one.ask !== 'admin');
    return (
        <li class="way">
            <p class="row">
                <strong>{auth.title ?? auth.name}</strong>
                {auth.recommended && <Badge tone="good">Recommended</Badge>}
            </p>
            <p class="small soft">{grantText(auth.type)}</p>
            {auth.description && <p>{auth.description}</p>}
            {auth.caution && (
                <p class="caution">
                    <Icon name="warning" />
                    {auth.caution}
                </p>
            )}
            {fields.length > 0 && (
                <p class="small soft">
                    Asks for {fields.map((one, i) => <span key={one.name}>{i > 0 && ', '}{one.title ?? one.name}</span>)}
                </p>
            )}
            {auth.guide && (
                <details>
                    <summary>How to set it up</summary>
                    <Guide guide={auth.guide} />
                </details>
            )}
        </li>
    );
}

const SCOPES = { connection: 'each connection', connector: 'all connections together', caller: 'each key' };

export function Limits({ of }: { of: Schema<'Limits'> }) {
    return (
        <ul class="dots">
            {of.map((limit) => (
                <li key={limit.name}>
                    <strong>{limitText(limit)}</strong> for {SCOPES[limit.scope]}
                    <span class="soft">, {limit.on_limit === 'wait' ? 'then calls wait' : 'then 429 with the time to wait'}</span>
                </li>
            ))}
        </ul>
    );
}

function Hosts({ of }: { of: Served['hosts'] }) {
    if (of === 'any') return <p>Where the connection's own addresses lead.</p>;
    return <ul class="hosts">{of.map((host) => <li key={host}><code>{host}</code></li>)}</ul>;
}

function About({ connector }: { connector: Served }) {
    const { publisher, contact, links, categories, proxy } = connector;
    return (
        <Facts
            of={[
                ['Id', <code>{connector.id}</code>],
                ['Publisher', publisher && (publisher.url ? <Away href={publisher.url}>{publisher.name ?? publisher.url}</Away> : publisher.name)],
                ['Contact', contact && (contact.email ?? (contact.url && <Away href={contact.url}>{contact.name ?? contact.url}</Away>))],
                ['Documentation', links?.documentation && <Away href={links.documentation}>Of the service</Away>],
                ['Privacy', links?.privacy_policy && <Away href={links.privacy_policy}>Policy</Away>],
                ['Categories', categories?.join(', ')],
                ['Any path by /proxy', proxy ? 'Yes, with a key that has the right' : 'No'],
            ]}
        />
    );
}

function Away({ href, children }: { href: string; children: ComponentChildren }) {
    return (
        <a class="away" href={href} target="_blank" rel="noopener noreferrer">
            {children}
            <Icon name="external" />
        </a>
    );
}
