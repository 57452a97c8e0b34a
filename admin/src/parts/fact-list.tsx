import type { ReactNode } from 'react';

export type Fact = readonly [title: string, value: ReactNode];

/** What is known of one thing, each under its title. */
export function FactList({ facts, wide = false }: { facts: readonly Fact[]; wide?: boolean }) {
  return (
    <dl className={wide ? 'facts facts-wide' : 'facts'}>
      {facts.map(([title, value]) => (
        <div key={title}>
          <dt>{title}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** An id, or another name that machines made. */
export const Mono = ({ children }: { children: string }) => (
  <span className="mono">{children}</span>
);
