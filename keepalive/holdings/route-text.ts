import type { VirtualRoute } from '../../src/config/agent-config.ts';

/** A route in the words of `ip route`, with all that tells it from another one. */
export function routeText(route: VirtualRoute): string {
  const { destination, via, interface: device, source, metric, table } = route;
  return [
    `${destination.address}/${destination.prefixLength}`,
    via === undefined ? '' : ` via ${via}`,
    ` dev ${device}`,
    source === undefined ? '' : ` src ${source}`,
    metric === 0 ? '' : ` metric ${metric}`,
    table === MAIN_TABLE ? '' : ` table ${table}`,
  ].join('');
}

/** RT_TABLE_MAIN. */
const MAIN_TABLE = 254;
