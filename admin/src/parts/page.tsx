import { useEffect, useRef, type ReactNode } from 'react';

/** A place of the console: its name, what can be done with all of it, and what it shows. */
export function Page(props: { title: string; actions?: ReactNode; children: ReactNode }) {
  const { title, actions, children } = props;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Bulwark`;
    // Whoever cannot see the page is told that it is another one.
    heading.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [title]);
  return (
    <div className="page">
      <div className="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        <div className="row">{actions}</div>
      </div>
      {children}
    </div>
  );
}

/** A titled part of a page. `flush`: a table or a list that reaches its edges. */
export function Card(props: {
  title?: string;
  actions?: ReactNode;
  flush?: boolean;
  children: ReactNode;
}) {
  const { title, actions, flush = false, children } = props;
  return (
    <section className={flush ? 'card card-flush' : 'card'} aria-label={title}>
      {(title !== undefined || actions !== undefined) && (
        <div className="card-head spread">
          <h2>{title}</h2>
          {actions}
        </div>
      )}
      {children}
    </section>
  );
}
