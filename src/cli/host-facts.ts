import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { nftablesMissing } from '../os/nftables.ts';
import type { HostFacts } from './host-warnings.ts';

const MIGRATE_REQUESTS = '/proc/sys/net/ipv4/tcp_migrate_req';

/** Asks the host that this process runs on. */
export const hostFacts: HostFacts = {
  kernelRelease: () => release(),
  nftablesMissing,
  migratesRequests() {
    try {
      return readFileSync(MIGRATE_REQUESTS, 'utf8').trim() !== '0';
    } catch {
      return null;
    }
  },
};
