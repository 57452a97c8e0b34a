import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { loadConfig } from './config.ts';
import { createSupabase } from './session/client.ts';
import { Gate } from './session/gate.tsx';
import './styles/index.css';

const place = document.getElementById('root');
if (place === null) throw new Error('The page has no root');
const root = createRoot(place);

try {
  const config = await loadConfig();
  root.render(
    <StrictMode>
      <App supabase={createSupabase(config)} config={config} />
    </StrictMode>,
  );
} catch (error) {
  root.render(
    <Gate
      title="The console cannot start"
      lead={error instanceof Error ? error.message : 'config.json could not be read.'}
    />,
  );
}
