// SPDX-License-Identifier: MIT
// A few drawings on a grid of 20, in the colour of the text beside them. They say nothing that the text does not.
const SHAPES = {
    connectors: 'M7 3v4M13 3v4M5 7h10v3a5 5 0 0 1-10 0zM10 15v3',
    connections: 'M8 12 12 8M9 5.5l1-1a3.9 3.9 0 0 1 5.5 5.5l-1 1M11 14.5l-1 1A3.9 3.9 0 0 1 4.5 10l1-1',
    try: 'M6 4l10 6-10 6z',
    pause: 'M7 4v12M13 4v12',
    activity: 'M2 10h4l2.5-6 3 12L14 10h4',
    keys: 'M11 9a4 4 0 1 0-2.5 3.700L10 14h2v2h2v2h3v-3l-6-6M6.5 7.500h.01',
    audit: 'M5 2.500h7l3.5 3.500v11.500H5zM12 2.500V6h3.500M7.5 10h5M7.5 13.500h5',
    settings: 'M3 6h7M14 6h3M3 14h3M10 14h7M12 4v4M8 12v4',
    reference: 'M7 5 2.5 10 7 15M13 5l4.5 5L13 15',
    search: 'M8.5 14a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11M12.5 12.5 17 17',
    copy: 'M7 7h9v10H7zM13 7V3H4v10h3',
    check: 'M4 10.500l4 4 8-9',
    cross: 'M5 5l10 10M15 5 5 15',
    plus: 'M10 4v12M4 10h12',
    back: 'M12 4l-6 6 6 6',
    next: 'M8 4l6 6-6 6',
    external: 'M11 4h5v5M16 4l-7 7M8 5H4v11h11v-4',
    warning: 'M10 3 2 17h16zM10 8v4M10 14.500v.01',
    eye: 'M2 10s3-5.5 8-5.5 8 5.5 8 5.5-3 5.5-8 5.500S2 10 2 10M10 12.500a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5',
    download: 'M10 3v10M6 9.500l4 4 4-4M4 17h12',
    menu: 'M3 5h14M3 10h14M3 15h14',
    sun: 'M10 13.500a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M10 1.500v2M10 16.500v2M1.5 10h2M16.5 10h2M4 4l1.400 1.400M14.6 14.6 16 16M16 4l-1.400 1.400M5.400 14.6 4 16',
    moon: 'M16 12.500A7 7 0 0 1 7.5 4 6.5 6.5 0 1 0 16 12.5',
    system: 'M3 4h14v9H3zM7 17h6M10 13v4',
    out: 'M8 3H4v14h4M8 10h9M13 6l4 4-4 4',
    lock: 'M5 9h10v8H5zM7 9V6.500a3 3 0 0 1 6 0V9',
    refresh: 'M16 10a6 6 0 1 1-1.800-4.300M16 3v4h-4',
    trash: 'M4 6h12M8 6V3.500h4V6M6 6l.7 11h6.600L14 6',
} as const;

export type IconName = keyof typeof SHAPES;

export function Icon({ name }: { name: IconName }) {
    return (
        <svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
            <path d={SHAPES[name]} />
        </svg>
    );
}
