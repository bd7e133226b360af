/** The matrix on a pair of hosts: our agent on one, keepalived on the other, both with every cell. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host, LabProcess } from '../host.ts';
import { startKeepalived } from '../stacks/keepalived.ts';
import { prefixLength } from '../stacks/stack.ts';
import { tandemCommand } from '../stacks/tandem.ts';
import { waitUntil } from '../wait-until.ts';
import { type Cell, OURS, type Side, THEIRS } from './cells.ts';

/** From starting a side to its taking part in every cell. */
const JOIN_TIMEOUT_MS = 20_000;
const LOOK_EVERY_MS = 5;

/** What a side's log says once for every virtual router that enters the election. */
const JOINED: Readonly<Record<Side, RegExp>> = {
  [OURS]: /"from":"Initialize","to":"Backup"/g,
  [THEIRS]: /Entering BACKUP STATE \(init\)/g,
};

/** Starts a side; resolves when it is a Backup in every cell. */
export async function startSide(
  host: Host,
  side: Side,
  cells: readonly Cell[],
): Promise<LabProcess> {
  const log = side === OURS ? 'tandem' : 'keepalived';
  const before = logSize(host, log);
  const started = side === OURS ? startOurs(host, cells) : startTheirs(host, cells);
  const joined = () => {
    const text = readFileSync(started.logFile).subarray(before).toString();
    return (text.match(JOINED[side]) ?? []).length >= cells.length;
  };
  await waitUntil(`${side} takes part`, joined, JOIN_TIMEOUT_MS, LOOK_EVERY_MS).catch(
    (error: Error) => {
      throw new Error(`${error.message}\n${host.logTail(log)}`);
    },
  );
  return started;
}

function logSize(host: Host, log: string): number {
  return host.logs().includes(log) ? statSync(join(host.folder, `${log}.log`)).size : 0;
}

function startOurs(host: Host, cells: readonly Cell[]): LabProcess {
  writeFileSync(join(host.folder, 'tandem.yaml'), ourConfig(cells));
  const passwords = cells.map((cell) => [passwordOf(cell), cell.password ?? '']);
  const env = Object.fromEntries(passwords) as Record<string, string>;
  return host.spawn(tandemCommand(host, ['keepalive']), { log: 'tandem', env });
}

/** The variable that a cell's password is in: the file holds none. */
const passwordOf = ({ vrid }: Cell) => `CELL_${vrid}_PASSWORD`;

function ourConfig(cells: readonly Cell[]): string {
  const routers = cells.map((cell) => {
    const { vrid, version, advertMs, addresses, priority, unicast, password } = cell;
    const listed = addresses.map((it) => `"${it}/${prefixLength(it)}"`).join(', ');
    return `  cell-${vrid}:
    vrid: ${vrid}
    version: ${version}
    interface: eth0
    addresses: [${listed}]
    advert_interval: ${advertMs}ms
    priority: ${JSON.stringify(priority)}
    peer: other
    track: { proxy: false }${
      unicast === undefined ? '' : `\n    unicast: ${JSON.stringify(ourUnicast(cell, unicast))}`
    }${password === undefined ? '' : `\n    auth: { password: "env:${passwordOf(cell)}" }`}`;
  });
  return `nodes:
  ${OURS}: { address: 198.51.100.11 }
  ${THEIRS}: { address: 198.51.100.12 }
virtual_routers:
${routers.join('\n')}
`;
}

/** keepalived 2.2.7 sends unicast over IPv6 with a hop limit of 64 (docs/VRRP.md). */
function ourUnicast({ family }: Cell, addresses: Readonly<Record<Side, string>>) {
  return family === 6 ? { addresses, min_ttl: 64 } : { addresses };
}

function startTheirs(host: Host, cells: readonly Cell[]): LabProcess {
  return startKeepalived(host, {
    instances: cells.map(({ priority, unicast, ...cell }) => ({
      ...cell,
      name: `cell-${cell.vrid}`,
      priority: priority[THEIRS],
      ...(unicast === undefined
        ? {}
        : { unicast: { source: unicast[THEIRS], peer: unicast[OURS] } }),
    })),
  });
}
