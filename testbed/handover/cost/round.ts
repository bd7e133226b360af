/** What a drain costs while it lasts, measured on a pair once: an address moves twice. */
import { setTimeout as delay } from 'node:timers/promises';
import { agentStatus } from '../../lab/agent-status.ts';
import { processorTicks, usedSeconds } from '../../lab/processor-load.ts';
import { waitUntil } from '../../lab/wait-until.ts';
import { limits as pairLimits } from '../limits.ts';
import { addressOf, type HandoverPair } from '../pair.ts';
import { EchoLoad } from './echo-load.ts';
import { limits } from './limits.ts';
import { type CostRound, type Passing, type Serving, sumOf } from './result.ts';

const ADDRESS = addressOf[4];

/** Both measurements, the first from one host to the other, the second back. */
export async function measureRound(pair: HandoverPair, seconds: number): Promise<CostRound> {
  const [preferred, other] = pair.edges;
  const { draining, normal } = await serveBesideDrain(pair, preferred, seconds);
  const { direct, passing } = await passOn(pair, other, seconds);
  return { draining, normal, direct, passing };
}

/** The new holder at its limit, first while the other drains connections that say nothing, then alone. */
async function serveBesideDrain(pair: HandoverPair, from: string, seconds: number) {
  return withLoad(pair, limits.quietConnections, 0, async (load) => {
    await pair.move(from);
    const draining = await saturate(pair, seconds);
    await load.end();
    await drained(pair, pair.other(from));
    return { draining, normal: await saturate(pair, seconds) };
  });
}

/** The same connections, in turn served by who has the address, and through the other host. */
async function passOn(pair: HandoverPair, from: string, seconds: number) {
  const to = pair.other(from);
  return withLoad(pair, limits.busyConnections, limits.messagesPerSecond, async (load) => {
    await delay(pairLimits.quietMs);
    const [direct, passing]: [Passing[], Passing[]] = [[], []];
    for (let turn = 0; turn < limits.passingTurns; turn++) {
      if (turn > 0) await pair.move(to);
      direct.push(await carry(pair, to, load, seconds));
      await pair.move(from);
      passing.push(await carry(pair, to, load, seconds));
    }
    await load.end();
    await drained(pair, to);
    return { direct: sumOf(direct), passing: sumOf(passing) };
  });
}

async function withLoad<T>(
  pair: HandoverPair,
  connections: number,
  perSecond: number,
  work: (load: EchoLoad) => Promise<T>,
): Promise<T> {
  const load = await EchoLoad.start(pair.client, { address: ADDRESS, connections, perSecond });
  try {
    return await work(load);
  } finally {
    load.kill();
  }
}

/**
 * As many requests as one client gets answered on connections that are kept alive. Measured the second
 * time: after a pause origins and balancer are slower for some seconds, whoever drains.
 */
async function saturate(pair: HandoverPair, seconds: number): Promise<Serving> {
  await serve(pair, seconds);
  return serve(pair, seconds);
}

async function serve(pair: HandoverPair, seconds: number): Promise<Serving> {
  const connections = `-c${limits.wrkConnections}`;
  const argv = ['wrk', '-t1', connections, `-d${seconds}s`, `http://${ADDRESS}/`] as const;
  const before = processorTicks();
  const text = await pair.client.exec(argv, { timeoutMs: (seconds + 10) * 1000 });
  const cpuSeconds = usedSeconds(before, processorTicks());
  const [, perSecond] = /^Requests\/sec:\s+([\d.]+)$/m.exec(text) ?? [];
  const [, requests] = /^\s+(\d+) requests in /m.exec(text) ?? [];
  if (perSecond === undefined || requests === undefined || /Non-2xx|Socket errors/.test(text)) {
    throw new Error(`wrk on ${ADDRESS}: ${text}`);
  }
  return { perSecond: Number(perSecond), cpuMicros: (cpuSeconds * 1e6) / Number(requests) };
}

async function carry(
  pair: HandoverPair,
  holder: string,
  load: EchoLoad,
  seconds: number,
): Promise<Passing> {
  const [echoed, packets, before] = [
    await load.echoed(),
    await passedBy(pair, holder),
    processorTicks(),
  ];
  await delay(seconds * 1000);
  const cpuSeconds = usedSeconds(before, processorTicks());
  return {
    messages: (await load.echoed()) - echoed,
    packets: (await passedBy(pair, holder)) - packets,
    cpuSeconds,
  };
}

/** Packets that a host has passed on so far. */
async function passedBy(pair: HandoverPair, edge: string): Promise<number> {
  const routers = (await agentStatus(pair.host(edge)))?.routers ?? [];
  return routers.reduce((sum, { secondChance }) => sum + (secondChance?.packets ?? 0), 0);
}

/** Waits until this host passes nothing on any more. */
async function drained(pair: HandoverPair, edge: string): Promise<void> {
  await waitUntil(
    `${edge} passes nothing on any more`,
    async () => {
      const status = await agentStatus(pair.host(edge));
      return status?.routers.every(({ secondChance }) => secondChance === null) === true;
    },
    limits.drainTimeoutMs,
    pairLimits.askEveryMs,
  );
}
