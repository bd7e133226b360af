import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nginxBasics } from '../../scripts/bench/nginx-basics.ts';
import { freePorts } from '../../scripts/bench/ports.ts';
import { limits } from './limits.ts';
import { JUDGED_FIELD } from './opinion.ts';
import { Program } from './program.ts';

/** nginx with two ways in: one that hides nothing, one with its defaults. */
export interface RunningNginx {
  readonly program: Program;
  /** Passes on whatever it accepts, and says what it took the request line for. */
  readonly judgePort: number;
  /** As it comes. */
  readonly plainPort: number;
}

/** Starts it in `folder`; the two ways lead to the origins on these ports. */
export async function startNginx(
  folder: string,
  judgeOrigin: number,
  plainOrigin: number,
): Promise<RunningNginx> {
  const [judgePort, plainPort] = (await freePorts(2)) as [number, number];
  const file = join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `  ${kind}_temp_path ${folder}/nginx-${kind};\n`)
    .join('');
  const pass = (port: number) =>
    `proxy_pass http://127.0.0.1:${port}; proxy_http_version 1.1; proxy_read_timeout 1s;
      proxy_ignore_client_abort on; proxy_set_header Host $http_host;`;
  const text = `${nginxBasics(folder)}http {
  access_log off;
  lingering_close off;
  client_max_body_size 0;
  client_body_buffer_size 1m;
${temporary}  server {
    listen 127.0.0.1:${judgePort};
    underscores_in_headers on;
    ignore_invalid_headers off;
    merge_slashes off;
    client_header_buffer_size ${limits.judgeHeadBytes};
    large_client_header_buffers 8 ${limits.judgeHeadBytes};
    location / {
      ${pass(judgeOrigin)}
      proxy_buffer_size ${limits.judgeHeadBytes};
      proxy_buffers 8 ${limits.judgeHeadBytes};
      proxy_busy_buffers_size ${2 * limits.judgeHeadBytes};
      proxy_set_header ${JUDGED_FIELD} "$request_method $request_uri";
    }
  }
  server {
    listen 127.0.0.1:${plainPort};
    location / { ${pass(plainOrigin)} }
  }
}
`;
  writeFileSync(file, text);
  const argv = ['nginx', '-c', file, '-e', 'stderr'] as const;
  const program = await Program.start('nginx', argv, [judgePort, plainPort]);
  return { program, judgePort, plainPort };
}
