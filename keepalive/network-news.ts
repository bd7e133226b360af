import type { Admission } from './admission.ts';
import type { NetworkEvent } from './ports.ts';
import type { RouterTable } from './router-table.ts';

/** Whom the kernel's news concern. */
export interface NetworkAudience {
  readonly table: RouterTable;
  readonly admission: Admission;
  /** Something tracked changed. */
  retrack(): void;
}

/** What a change of links, addresses and routes means to the agent. */
export function takeNetworkNews(
  event: NetworkEvent,
  { table, admission, retrack }: NetworkAudience,
): void {
  switch (event.type) {
    case 'link':
      if (!admission.knows(event.interface)) return;
      admission.setLink(event.interface, event.link);
      retrack();
      admission.evaluate(event.interface);
      break;
    case 'address-added':
    case 'address-removed': {
      const change = event.type === 'address-added' ? 'added' : 'removed';
      for (const router of table.on(event.interface)) router.keeper.changed(event.address, change);
      // It may be the one we send from.
      admission.evaluate(event.interface);
      break;
    }
    case 'virtual-mac-changed':
      for (const router of table.on(event.interface)) router.keeper.changed(null, 'unknown');
      break;
    case 'routes-changed':
      for (const router of table.routers) router.keeper.routesChanged();
      break;
    case 'resync':
      admission.lookAgain();
      retrack();
      for (const router of table.routers) router.keeper.changed(null, 'unknown');
      break;
  }
}
