import type { ReactNode } from 'react';
import { usePages } from '../api/queries.ts';
import { LostPage } from '../pages/lost.tsx';
import { Shown } from '../parts/shown.tsx';

/** A page that is there only where the server has what it shows: a module that is removed takes its page along. */
export function Needed(props: { needs: string | undefined; children: ReactNode }) {
  const { needs, children } = props;
  return needs === undefined ? children : <WhereThere needs={needs}>{children}</WhereThere>;
}

function WhereThere({ needs, children }: { needs: string; children: ReactNode }) {
  return <Shown of={usePages()}>{(has) => (has.includes(needs) ? children : <LostPage />)}</Shown>;
}
