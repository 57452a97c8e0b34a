import { webhookStates, type WebhooksPage } from '../../api/webhook-types.ts';
import { count } from '../../parts/format.ts';
import { WebhookSign } from '../../parts/status.tsx';

/** How many are kept of each state, of one provider or of all. */
export function Counts(props: { counts: WebhooksPage['counts']; provider: string | undefined }) {
  const { counts, provider } = props;
  const of = (state: string): number =>
    counts
      .filter((one) => one.state === state && (provider === undefined || one.provider === provider))
      .reduce((sum, one) => sum + one.count, 0);
  return (
    <dl className="tiles" aria-label="How many are kept">
      {webhookStates.map((state) => (
        <div key={state} className="tile">
          <dt>
            <WebhookSign state={state} />
          </dt>
          <dd>{count(of(state))}</dd>
        </div>
      ))}
    </dl>
  );
}
