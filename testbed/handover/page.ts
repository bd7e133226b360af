/** The page of a handover drill, docs/HANDOVER-DRILL.md. Pure. */
import { cpus } from 'node:os';
import { limits } from './limits.ts';
import { limits as paceOf } from './load/limits.ts';
import { bulkPace } from './load/plan.ts';
import type { HandoverRequest } from './main.ts';
import { kindCells, markdownTable, summaryCells } from './report.ts';
import type { RunResult } from './result.ts';

const MIB = 1024 ** 2;

/** The whole page as Markdown. */
export function page(results: readonly RunResult[], request: HandoverRequest): string {
  const { size, runs, beside, families, scenes } = request;
  const form = request.sizeName === 'full' ? '--full ' : '';
  const pace = Math.round(bulkPace({ size, bulkMs: limits.bulkMs }) / MIB);
  const { http1, websockets, http2, tcp } = size;
  const bulkMiB = size.bulkBytes / MIB;
  const calms = scenes.map(({ name, calmMs }) => `${name} ${calmMs / 1000} s`).join(', ');
  const sections = scenes.map(({ name, what }) => {
    const table = markdownTable(kindCells(results, name));
    return `## ${name}\n\n${what[0]!.toUpperCase()}${what.slice(1)}.\n\n${table}`;
  });
  return `# What clients notice when an address moves on purpose

Written by \`npm run drill -- handover ${form}--runs ${runs} --beside ${beside} --write\`; do not edit.
Median (least-greatest) of the runs: ${runs} of Tandem and ${beside} of each other pair, over
IPv${families.join(' and over IPv')}. Stalls in milliseconds, the rest are counts of a run.

${markdownTable(summaryCells(results))}

- One pair at a time in the lab (network namespaces; hosts, origins and clients share ${cpus().length} cores;
  a host that boots Tandem has one of them, behind everybody else, until it holds the
  addresses), two workers each, adverts every ${limits.advertMs} ms: Tandem with its own balancer and the
  pair connection on a link of its own; keepalived 2.2 with nginx and with HAProxy, all from
  Debian. Their planned switch is a file that lowers the priority (\`track_file\`), so that
  everything goes on running; a stop is what the packages' units do.
- Clients, all at once: ${http1} keep-alive HTTP/1.1 connections, half of them TLS, with a request
  every ${paceOf.http1EveryMs} ms each; ${websockets} WebSockets, half of them TLS, with a numbered message every
  ${paceOf.messageEveryMs} ms each, echoed; ${http2} HTTP/2 connections (TLS) with
  ${paceOf.http2Streams} streams every ${paceOf.http2EveryMs} ms each;
  ${tcp} TCP connections through a tcp listener with numbered bytes every ${paceOf.tcpEveryMs} ms each, echoed; a
  request on a connection of its own every ${paceOf.freshEveryMs} ms; a download and an upload of ${bulkMiB} MiB
  at any time, ${pace} MiB/s each.
- **Longest stall**: the longest wait of any client, from its asking to the answer; where its
  connection was lost, the making of another is part of it. For transfers the longest gap
  between two pieces, of which the pace is a part. **Without a move**: the same before the
  first move, for about as long as the scene takes (${calms}):
  what this machine does to clients by itself. Times in which the clients' own process or a
  whole processor stood still (a metronome on each, before everything else) are taken off; **with pauses** they are not.
- **Broken**: a connection reset, silent for ${paceOf.exchangeTimeoutMs / 1000} s, or closed while something was owed on
  it; a TCP connection or a WebSocket closed without a word. **Closed politely**: with
  \`Connection: close\`, GOAWAY or a close frame, or an idle HTTP/1.1 connection; the client opens
  another and has lost nothing.
- **Wrong bytes**: messages out of order, bytes that were not sent, checksums that differ.
- Kept when with Tandem nothing is broken, failed or wrong, and the longest stall is at most
  ${limits.stallAtMostMs} ms at the median of the runs, or what the same clients felt without a move.

${sections.join('\n\n')}
`;
}
