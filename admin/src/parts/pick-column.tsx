import type { Column } from './table.tsx';

/** The checkboxes of a table whose rows can be selected. `nameOf` says which row one is of. */
export const pickColumn = <T extends { id: string }>(options: {
  selected: ReadonlySet<string>;
  onToggle: (row: T) => void;
  nameOf: (row: T) => string;
}): Column<T> => ({
  title: 'Select',
  kind: 'pick',
  bare: true,
  cell: (row) => (
    <input
      type="checkbox"
      aria-label={`Select ${options.nameOf(row)}`}
      checked={options.selected.has(row.id)}
      onChange={() => {
        options.onToggle(row);
      }}
    />
  ),
});
