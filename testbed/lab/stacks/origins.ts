/** Starts origins on the lab's hosts: plain Node ones anywhere, nginx where root may run it. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host, LabProcess } from '../host.ts';
import { limits } from '../limits.ts';
import { waitUntil } from '../wait-until.ts';

const NODE_ORIGIN = join(import.meta.dirname, '..', 'origin.ts');

/** Starts `origin.ts` (HTTP on 80, line echo on 7) and resolves when it listens. */
export async function startNodeOrigin(host: Host): Promise<LabProcess> {
  const started = host.spawn([process.execPath, NODE_ORIGIN, host.name, '80', '7'], {
    streams: 'pipe',
    log: 'origin',
    elsewhere: true,
  });
  const signal = AbortSignal.timeout(limits.originReadyTimeoutMs);
  await once(started.child.stdout!, 'data', { signal }).catch((error: Error) => {
    throw new Error(`origin ${host.name}: ${error.message}: ${host.logTail('origin')}`);
  });
  return started;
}

/** Starts nginx as an origin on port 80 that answers every request with the host's name. */
export async function startNginxOrigin(host: Host): Promise<LabProcess> {
  const file = join(host.folder, 'nginx-origin.conf');
  writeFileSync(file, originConfig(host));
  const started = host.spawn(['nginx', '-c', file, '-e', 'stderr'], {
    log: 'origin',
    elsewhere: true,
  });
  const listens = async () =>
    (await host.attempt(['curl', '-sf', 'http://127.0.0.1/'])).status === 0;
  await waitUntil(`nginx on ${host.name}`, listens, limits.originReadyTimeoutMs);
  return started;
}

function originConfig(host: Host): string {
  return `
worker_processes 1;
daemon off;
user root;
pid ${host.folder}/nginx-origin.pid;
error_log stderr warn;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 100000000;
  client_body_temp_path ${host.folder}/body;
  server {
    listen 80;
    listen [::]:80;
    add_header X-Origin ${host.name};
    location / { default_type text/plain; return 200 "${host.name}"; }
  }
}
`;
}
