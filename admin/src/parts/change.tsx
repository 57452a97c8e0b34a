import { Icon } from './icon.tsx';

/** What something was, and what it is. The arrow is drawn: not every font has one. */
export const Change = ({ from, to }: { from: string; to: string }) => (
  <span className="change">
    {from} <Icon name="to" />
    <span className="sr-only">then</span> {to}
  </span>
);
