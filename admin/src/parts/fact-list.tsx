import type { ReactNode } from 'react';

/** `whole`: it is long, and has a row of its own. */
export type Fact = readonly [title: string, value: ReactNode, size?: 'whole'];

/** What is known of one thing, each under its title. What is false is left out. */
export function FactList({
  facts,
  wide = false,
}: {
  facts: readonly (Fact | false)[];
  wide?: boolean;
}) {
  return (
    <dl className={wide ? 'facts facts-wide' : 'facts'}>
      {facts
        .filter((fact) => fact !== false)
        .map(([title, value, size]) => (
          <div key={title} className={size}>
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
