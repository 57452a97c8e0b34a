import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The server that `vite dev` (port 5173) works against; `npm start` brings it up. */
const server = 'http://127.0.0.1:3000';

export default defineConfig({
  // The build is the same in any folder of any host; places of the page lie behind the #.
  base: './',
  plugins: [react()],
  build: {
    target: 'es2023',
    // Small files would otherwise become data: URLs, which the page's policy refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1000,
  },
  server: {
    proxy: {
      '/config.json': { target: server, rewrite: () => '/admin/config.json' },
      '/api': server,
      '/socket.io': { target: server, ws: true },
    },
  },
});
