import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '../../scripts/bench/ports.ts';
import { limits } from './limits.ts';
import { JUDGED_FIELD } from './opinion.ts';
import { Program } from './program.ts';

/** HAProxy with two ways in, as with nginx. */
export interface RunningHaproxy {
  readonly program: Program;
  readonly judgePort: number;
  readonly plainPort: number;
}

/** Starts it in `folder`; the two ways lead to the origins on these ports. */
export async function startHaproxy(
  folder: string,
  judgeOrigin: number,
  plainOrigin: number,
): Promise<RunningHaproxy> {
  const [judgePort, plainPort] = (await freePorts(2)) as [number, number];
  const file = join(folder, 'haproxy.cfg');
  // Its buffer bounds the head it takes; the default is less than what Tandem forwards.
  writeFileSync(
    file,
    `global
  nbthread 1
  maxconn 1000
  tune.bufsize ${limits.judgeHeadBytes}
  tune.maxrewrite 1024
  tune.http.maxhdr 512
defaults
  mode http
  timeout client 5s
  timeout server 1s
  retries 0
  timeout connect 2s
  timeout http-request 5s
  option http-server-close
frontend judge
  bind 127.0.0.1:${judgePort}
  http-request set-header ${JUDGED_FIELD} "%[method] %[url]"
  default_backend judge
frontend plain
  bind 127.0.0.1:${plainPort}
  default_backend plain
backend judge
  server origin 127.0.0.1:${judgeOrigin}
backend plain
  server origin 127.0.0.1:${plainOrigin}
`,
  );
  const argv = ['haproxy', '-db', '-f', file] as const;
  const program = await Program.start('haproxy', argv, [judgePort, plainPort]);
  return { program, judgePort, plainPort };
}
