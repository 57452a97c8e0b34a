import type { ReactNode } from 'react';
import { ApiError } from '../api/request.ts';
import { Button } from './button.tsx';
import { clockTime, inWords } from './format.ts';
import { Icon } from './icon.tsx';

/** What React Query says of a question, as far as it is needed here. */
interface Asked<T> {
  data: T | undefined;
  error: Error | null;
  dataUpdatedAt: number;
  refetch: () => unknown;
}

/** The answer, or why there is none yet. An older answer stays, and says how old it is. */
export function Shown<T>(props: { of: Asked<T>; children: (data: T) => ReactNode }) {
  const { of, children } = props;
  if (of.data !== undefined)
    return (
      <>
        {of.error !== null && (
          <p className="notice notice-warn" role="status">
            <Icon name="offline" />
            {inWords(of.error)} This is how it was at {clockTime(new Date(of.dataUpdatedAt))}.
          </p>
        )}
        {children(of.data)}
      </>
    );
  return of.error === null ? <Bones /> : <Fault error={of.error} retry={() => void of.refetch()} />;
}

function Bones() {
  return (
    <div className="card card-flush" role="status">
      <span className="sr-only">Loading</span>
      <div className="bones" aria-hidden="true">
        {Array.from({ length: 6 }, (_, index) => (
          <span key={index} />
        ))}
      </div>
    </div>
  );
}

function Fault({ error, retry }: { error: Error; retry: () => void }) {
  return (
    <div className="card" role="alert">
      <div className="empty">
        <Icon name="warn" />
        <strong>{inWords(error)}</strong>
        {error instanceof ApiError && error.requestId !== undefined && (
          <span>
            Request <code>{error.requestId}</code>
          </span>
        )}
        <Button onClick={retry}>Try again</Button>
      </div>
    </div>
  );
}

/** What is said where a list has nothing in it. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <strong>{title}</strong>
      {children !== undefined && <span>{children}</span>}
    </div>
  );
}
