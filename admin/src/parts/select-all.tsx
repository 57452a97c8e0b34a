import { useEffect, useRef } from 'react';
import { count } from './format.ts';

interface SelectAllProps {
  rows: readonly { id: string }[];
  chosen: readonly unknown[];
  onSelect: (ids: ReadonlySet<string>) => void;
  /** Whether there are more than `rows`. */
  more: boolean;
}

/** Selects what is shown, and says how much is selected. */
export function SelectAll({ rows, chosen, onSelect, more }: SelectAllProps) {
  const box = useRef<HTMLInputElement>(null);
  const all = rows.length > 0 && chosen.length === rows.length;
  useEffect(() => {
    if (box.current) box.current.indeterminate = chosen.length > 0 && !all;
  });
  return (
    <label className="check">
      <input
        ref={box}
        type="checkbox"
        checked={all}
        disabled={rows.length === 0}
        onChange={() => {
          onSelect(new Set(all ? [] : rows.map(({ id }) => id)));
        }}
      />
      <span aria-live="polite">
        {chosen.length > 0
          ? `${count(chosen.length)} selected`
          : `Select all ${count(rows.length)}${more ? ' shown' : ''}`}
      </span>
    </label>
  );
}

export function toggled(selected: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(selected);
  if (!next.delete(id)) next.add(id);
  return next;
}
