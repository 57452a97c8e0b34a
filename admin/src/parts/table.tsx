import type { ReactNode } from 'react';

export interface Column<T> {
  /** Also what each cell is called on a phone. */
  title: string;
  /**
   * `grow`: what the row is about; takes what is left, and comes first on a phone. `wide`: long texts. `tight`: no wider
   * than its text. `number`: to the right. `pick`: a checkbox.
   */
  kind?: 'grow' | 'wide' | 'tight' | 'number' | 'pick';
  /** Without a title to be seen, for checkboxes and buttons. */
  bare?: boolean;
  cell: (row: T) => ReactNode;
}

interface TableProps<T> {
  /** What it is a table of. */
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  keyOf: (row: T) => string;
  selected?: ReadonlySet<string>;
}

/** A table that becomes a list of blocks on a phone. The roles are written out: as blocks it would lose them. */
export function Table<T>({ label, columns, rows, keyOf, selected }: TableProps<T>) {
  return (
    <table className="table" role="table" aria-label={label}>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map(({ title, kind, bare }) => (
            <th key={title} role="columnheader" scope="col" className={kind}>
              {bare === true ? <span className="sr-only">{title}</span> : title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => {
          const key = keyOf(row);
          return (
            <tr key={key} role="row" aria-selected={selected?.has(key)}>
              {columns.map(({ title, kind, bare, cell }) => (
                <td
                  key={title}
                  role="cell"
                  className={kind}
                  data-label={bare === true ? '' : title}
                >
                  <div>{cell(row)}</div>
                </td>
              ))}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
