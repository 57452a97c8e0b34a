import type { ReactNode } from 'react';

/** A control under its label. */
export function Field(props: { label: string; hint?: string | undefined; children: ReactNode }) {
  return (
    <label className="field">
      <span className="field-label">{props.label}</span>
      {props.children}
      {props.hint !== undefined && <span className="field-hint">{props.hint}</span>}
    </label>
  );
}
