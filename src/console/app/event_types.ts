// SPDX-License-Identifier: MIT
// The events that pages listen to, once: a stream names each by its type, and EventSource hands over only what was asked for by
// name (docs/EVENTS.md). `call.done` costs every call something, so that a page asks for it by itself.
export const EVENT_TYPES = [
    'connection.created',
    'connection.changed',
    'connection.reset',
    'connection.removed',
    'connection.state_changed',
    'token.refreshed',
    'token.failed',
    'token.revoked',
    'token.not_revoked',
    'throttle.closed',
    'throttle.opened',
    'upstream.opened',
    'upstream.closed',
    'definition.loaded',
    'definition.refused',
    'definition.removed',
    'key.created',
    'key.revoked',
    'webhook.dropped',
    'webhook.off',
    'call.failed',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];
