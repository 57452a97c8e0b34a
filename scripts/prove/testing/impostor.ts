import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listen, type OtherServer } from './careless-server.ts';

/** A host that claims a name it cannot prove, and writes down whatever it is told. Needs openssl. */
export async function startImpostor(): Promise<OtherServer & { heard(): string }> {
  let heard = '';
  const server = createServer(certificate(), (request, response) => {
    heard += `${request.url ?? ''} ${request.rawHeaders.join(' ')}\n`;
    request.on('data', (chunk: Buffer) => (heard += chunk.toString()));
    response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":"NO"}');
  });
  return { ...(await listen(server, 'https')), heard: () => heard };
}

function certificate(): { key: string; cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-impostor-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const wanted = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=impostor'];
  try {
    execFileSync('openssl', ['req', ...wanted, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
