import type { ReactNode } from 'react';
import { Mark } from '../shell/mark.tsx';

/** The one card of the pages before the console itself. */
export function Gate(props: { title: string; lead: string; children?: ReactNode }) {
  return (
    <main className="gate">
      <div className="gate-card">
        <Mark />
        <h1>{props.title}</h1>
        <p className="quiet">{props.lead}</p>
        {props.children}
      </div>
    </main>
  );
}
