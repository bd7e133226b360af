import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NamedWish } from '../../proxy/index.ts';
import { settings } from '../config/settings.ts';

const FILE = 'proxy.servers.json';

/** What the file said at the start of a balancer; `broken`: why it said nothing, for an operator. */
export interface WishesRecord {
  readonly wishes: readonly NamedWish[];
  readonly broken: string | null;
}

/**
 * What operators want of servers (drained, another weight), kept in the runtime directory so that a restart
 * of the balancer forgets nothing; a reboot does.
 */
export class WishesFile {
  readonly path: string;

  constructor(runtimeDir: string) {
    this.path = join(runtimeDir, FILE);
  }

  /** Never throws. */
  read(): WishesRecord {
    try {
      const { servers } = JSON.parse(readFileSync(this.path, 'utf8')) as { servers?: unknown };
      if (Array.isArray(servers) && servers.every(isNamedWish)) {
        return { wishes: servers, broken: null };
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return { wishes: [], broken: null };
      if (code !== undefined) return { wishes: [], broken: code };
    }
    return { wishes: [], broken: 'it is not what a balancer writes' };
  }

  /** Why they could not be kept; null: they are. */
  write(wishes: readonly NamedWish[]): string | null {
    try {
      // Whoever is killed in the middle of it has lost nothing.
      writeFileSync(`${this.path}.new`, `${JSON.stringify({ servers: wishes })}\n`);
      renameSync(`${this.path}.new`, this.path);
      return null;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? String(error);
    }
  }
}

function isNamedWish(value: unknown): value is NamedWish {
  if (!Array.isArray(value) || value.length !== 2 || typeof value[0] !== 'string') return false;
  const wish = value[1] as Partial<NamedWish[1]> | null;
  if (typeof wish !== 'object' || typeof wish?.draining !== 'boolean') return false;
  return wish.weight === null || isWeight(wish.weight);
}

/** Whether the file could give it to a server. */
export function isWeight(value: unknown): value is number {
  const { min, max } = settings.upstream.weight;
  return Number.isInteger(value) && Number(value) >= min && Number(value) <= max;
}
