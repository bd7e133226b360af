/** What happens to the pair while clients use it: each way in which an address moves though nothing is broken. */
import { setTimeout as delay } from 'node:timers/promises';
import { limits } from './limits.ts';
import type { HandoverPair } from './pair.ts';

export interface Scene {
  readonly name: string;
  /** In a sentence. */
  readonly what: string;
  /** Clients close their own connections after about so long; default never. */
  readonly lifeMs?: number;
  /** About as long as it takes: the time without a move that it is compared with. */
  readonly calmMs: number;
  /** Before the clients come. The pair is up, and the preferred host holds the addresses. */
  prepare?(pair: HandoverPair): Promise<void>;
  /** What the clients are not to notice. */
  act(pair: HandoverPair): Promise<void>;
}

/** The preferred host comes up again and takes the addresses back. */
async function comesBack(pair: HandoverPair): Promise<void> {
  const [preferred] = pair.edges;
  await pair.start(preferred);
  await pair.untilItTakesOver(preferred);
  await delay(limits.betweenMovesMs);
}

export const scenes: readonly Scene[] = [
  {
    name: 'handover',
    what: 'there, back, and there again before the first drain has ended',
    calmMs: 10_000,
    async act(pair) {
      const [preferred, other] = pair.edges;
      await pair.move(preferred);
      await delay(limits.betweenMovesMs);
      await pair.move(other);
      await delay(limits.soonMs);
      await pair.move(preferred);
      await delay(limits.betweenMovesMs);
    },
  },
  {
    name: 'failback',
    what: 'the preferred host comes back after a crash, and the addresses with it',
    calmMs: 10_000,
    async prepare(pair) {
      const [preferred, other] = pair.edges;
      await pair.crash(preferred);
      await pair.untilActive(other);
    },
    act: comesBack,
  },
  {
    name: 'reboot',
    what: 'a drained host is stopped, started again, and takes the addresses back',
    calmMs: 10_000,
    async prepare(pair) {
      await pair.move(pair.edges[0]);
    },
    async act(pair) {
      await pair.stop(pair.edges[0]);
      await comesBack(pair);
    },
  },
  {
    name: 'upgrade',
    what: 'both hosts get a new process, one after the other',
    lifeMs: 8_000,
    calmMs: 50_000,
    async act(pair) {
      const [preferred, other] = pair.edges;
      await pair.stop(preferred);
      await comesBack(pair);
      await pair.stop(other);
      await pair.start(other);
      await pair.untilReady();
      await delay(limits.betweenMovesMs);
    },
  },
];

/** The scene of that name; throws an Error listing the names there are. */
export function sceneNamed(name: string): Scene {
  const found = scenes.find((scene) => scene.name === name);
  if (found !== undefined) return found;
  throw new Error(`no scene "${name}"; there are ${scenes.map((it) => it.name).join(', ')}`);
}
