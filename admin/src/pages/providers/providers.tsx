import { useProviders } from '../../api/queries.ts';
import { Card, Page } from '../../parts/page.tsx';
import { Empty, Shown } from '../../parts/shown.tsx';
import { ProviderCard } from './provider-card.tsx';
import { Sandbox } from './sandbox.tsx';

/** The upstreams that the server calls, and how each of them does. */
export function ProvidersPage({ sandbox }: { sandbox: boolean }) {
  const providers = useProviders();
  return (
    <Page title="Providers">
      <Shown of={providers}>
        {(all) =>
          all.length === 0 ? (
            <Card>
              <Empty title="No provider is configured.">
                A module that calls one shows it here.
              </Empty>
            </Card>
          ) : (
            <div className="grid-2">
              {all.map((provider) => (
                <ProviderCard key={provider.name} provider={provider} />
              ))}
            </div>
          )
        }
      </Shown>
      {sandbox && <Sandbox />}
    </Page>
  );
}
