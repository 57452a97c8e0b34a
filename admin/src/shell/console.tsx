import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { useState } from 'react';
import { HashRouter, Route, Routes } from 'react-router';
import { createApi } from '../api/api.ts';
import { ApiProvider } from '../api/context.ts';
import { ApiError, createRequester } from '../api/request.ts';
import type { ConsoleConfig } from '../config.ts';
import { Live } from '../live/live.tsx';
import { noteReachable } from '../live/reachable.ts';
import { CustomerPage } from '../pages/billing/customer.tsx';
import { PurchasePage } from '../pages/billing/purchase.tsx';
import { JobPage } from '../pages/jobs/job.tsx';
import { WebhookPage } from '../pages/webhooks/webhook.tsx';
import { LostPage } from '../pages/lost.tsx';
import { Toasts } from '../parts/toasts.tsx';
import type { Supabase } from '../session/client.ts';
import { Needed } from './needed.tsx';
import { places } from './places.tsx';
import { Shell } from './shell.tsx';

interface ConsoleProps {
  supabase: Supabase;
  config: ConsoleConfig;
  email: string;
  signOut: () => void;
}

/** Everything behind the door. */
export function Console({ supabase, config, email, signOut }: ConsoleProps) {
  const { apiUrl } = config;
  const [api] = useState(() => createApi(createRequester(apiUrl, supabase)));
  const [queries] = useState(createQueries);
  return (
    <ApiProvider value={api}>
      <QueryClientProvider client={queries}>
        <Live apiUrl={apiUrl} supabase={supabase}>
          <Toasts>
            <HashRouter>
              <Routes>
                <Route element={<Shell email={email} signOut={signOut} />}>
                  {places.map(({ path, needs, page }) => (
                    <Route
                      key={path}
                      path={path}
                      element={<Needed needs={needs}>{page(config)}</Needed>}
                    />
                  ))}
                  <Route
                    path="/billing/customers/:id"
                    element={
                      <Needed needs="billing">
                        <CustomerPage />
                      </Needed>
                    }
                  />
                  <Route
                    path="/billing/purchases/:id"
                    element={
                      <Needed needs="billing">
                        <PurchasePage />
                      </Needed>
                    }
                  />
                  <Route
                    path="/webhooks/:id"
                    element={
                      <Needed needs="webhooks">
                        <WebhookPage />
                      </Needed>
                    }
                  />
                  <Route path="/jobs/:id" element={<JobPage />} />
                  <Route path="*" element={<LostPage />} />
                </Route>
              </Routes>
            </HashRouter>
          </Toasts>
        </Live>
      </QueryClientProvider>
    </ApiProvider>
  );
}

const mayPass = (error: unknown): boolean =>
  error instanceof ApiError && (error.status === 0 || error.status >= 500);

function createQueries(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({
      onSuccess: () => {
        noteReachable(true);
      },
      onError: (error) => {
        if (error instanceof ApiError) noteReachable(error.code !== 'OFFLINE');
      },
    }),
    defaultOptions: {
      queries: {
        // The next turn of the polling is the better second attempt once there is something to show.
        retry: (failures, error) => failures < 1 && mayPass(error),
        retryDelay: 1_000,
        // A browser that believes to be offline may still reach a server on its own machine.
        networkMode: 'always',
        staleTime: 1_000,
      },
      mutations: { networkMode: 'always' },
    },
  });
}
