/** The page of a handover drill, docs/HANDOVER-DRILL.md. Pure. */
import { cpus } from 'node:os';
import { limits } from './limits.ts';
import { limits as loadLimits } from './load/limits.ts';
import { bulkPace } from './load/plan.ts';
import type { HandoverRequest } from './main.ts';
import { kindCells, markdownTable, summaryCells } from './report.ts';
import type { RunResult } from './result.ts';

const MIB = 1024 ** 2;

/** The whole page as Markdown. */
export function page(results: readonly RunResult[], request: HandoverRequest): string {
  const { size, runs, beside, families, scenes } = request;
  const form = request.sizeName === 'full' ? '--full ' : '';
  const paces = scenes.map(
    ({ name, bulkMs }) => `${name} ${Math.round(bulkPace({ size, bulkMs }) / MIB)} MiB/s`,
  );
  const sections = scenes.map(
    ({ name, what }) =>
      `## ${name}\n\n${what[0]!.toUpperCase()}${what.slice(1)}.\n\n${markdownTable(kindCells(results, name))}`,
  );
  return `# What clients notice when an address moves on purpose

Written by \`npm run drill -- handover ${form}--runs ${runs} --beside ${beside} --write\`; do not edit. Median
(least-greatest) of ${runs} runs of Tandem and ${beside} of each other pair, over IPv${families.join(' and IPv')}; stalls in
milliseconds, the rest are counts of a run.

${markdownTable(summaryCells(results))}

- One pair at a time in the lab (network namespaces, ${cpus().length} cores for hosts, origins and clients together), adverts every
  ${limits.advertMs} ms: Tandem with its own balancer and the pair connection on a link of its own; keepalived 2.2 with nginx and
  with HAProxy, all from Debian. Their planned switch is a file that lowers the priority (\`track_file\`), so that
  everything goes on running; a stop is what the packages' units do.
- Clients, all at once: ${size.http1} keep-alive HTTP/1.1 connections, half of them TLS, with a request every ${loadLimits.http1EveryMs} ms each;
  ${size.websockets} WebSockets, half of them TLS, with a numbered message every ${loadLimits.messageEveryMs} ms each, echoed; ${size.http2} HTTP/2
  connections with ${loadLimits.http2Streams} streams every ${loadLimits.http2EveryMs} ms each; ${size.tcp} TCP connections through a tcp listener with a
  numbered block every ${loadLimits.tcpEveryMs} ms each, echoed; a request on a connection of its own every ${loadLimits.freshEveryMs} ms; a download
  and an upload of ${size.bulkBytes / MIB} MiB (upgrade: two of each, one after the other), paced so that they last through it all:
  ${paces.join(', ')}.
- **Longest stall**: the longest wait of any client, from its asking to the answer, the making of another connection
  included where the first was lost; for transfers the longest gap between two pieces, of which the pace is a part.
  **Without a move**: the same in ${limits.calmMs / 1000} s before the first move: what this machine does to clients by itself.
- **Broken**: a connection reset, silent for ${loadLimits.exchangeTimeoutMs / 1000} s, or closed while something was owed on it; a TCP
  connection or WebSocket closed without a word. **Closed politely**: \`Connection: close\`, GOAWAY, a close frame,
  or an idle HTTP/1.1 connection; the client opens another and has lost nothing.
- **Wrong bytes**: messages out of order, bytes that were not sent, checksums that differ.
- Kept: nothing broken, failed or wrong with Tandem, and a longest stall of at most ${limits.stallAtMostMs} ms at the median of the runs
  (or what the same clients felt without a move).

${sections.join('\n\n')}
`;
}
