/** What people do to the configuration file: edit it, and bring it to one host after the other. */
import type { Begin } from './fault.ts';
import { editFile } from './swarm-file.ts';

/** A new edition, on one host at first; the others follow in their time, at the end the rest. */
const rollOut: Begin = (cluster, host, prng) => {
  const change = editFile(cluster.file, cluster.options, prng);
  if (change === null) return null;
  cluster.file = change.file;
  cluster.adopt(host);
  const interval = change.file.advertIntervalMs * 1000;
  const atOnce = prng.chance(0.3);
  for (const other of cluster.hosts) {
    if (other === host || (!atOnce && prng.chance(0.5))) continue;
    const wait = atOnce ? 0 : prng.integer(0, 10 * interval);
    cluster.clock.after(wait, () => cluster.adopt(other));
  }
  return {
    text: `${cluster.name(host)} reads a file that has ${change.text}`,
    end: () => {
      for (const other of cluster.hosts) cluster.adopt(other);
    },
  };
};

/** The more often it stands here, the more often it is drawn. */
export const configFaults: readonly Begin[] = [rollOut, rollOut, rollOut, rollOut];
