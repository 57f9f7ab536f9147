// SPDX-License-Identifier: MIT
// A table that becomes a list of cards where there is no room for its columns.
import type { ComponentChildren } from 'preact';

export interface Column<T> {
    title: string;
    cell: (row: T) => ComponentChildren;
    /** The column that names the row. */
    isHead?: boolean;
    isNumber?: boolean;
}

export interface TableProps<T> {
    /** What the table holds, for who does not see it. */
    label: string;
    columns: Column<T>[];
    rows: T[];
    keyOf: (row: T) => string;
}

export function Table<T>({ label, columns, rows, keyOf }: TableProps<T>) {
    return (
        <table class="table">
            <caption class="out-of-sight">{label}</caption>
            <thead>
                <tr>{columns.map((column) => <th key={column.title} scope="col" class={column.isNumber ? 'number' : undefined}>{column.title}</th>)}</tr>
            </thead>
            <tbody>
                {rows.map((row) => <tr key={keyOf(row)}>{columns.map((column) => <Cell key={column.title} column={column} row={row} />)}</tr>)}
            </tbody>
        </table>
    );
}

function Cell<T>({ column, row }: { column: Column<T>; row: T }) {
    const inside = column.cell(row);
    if (column.isHead) return <th scope="row">{inside}</th>;
    return (
        <td class={column.isNumber ? 'number' : undefined} data-title={column.title}>
            <span class="cell">{inside}</span>
        </td>
    );
}
