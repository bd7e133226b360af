/** A balancer as a process: config in the arguments, its port in a message, ends on SIGTERM; a config is a reload. */
import type { ProxyConfig } from '../src/config/proxy-config.ts';
import { startBalancer } from './index.ts';
import type { Logger } from './ports.ts';

const log: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };
const config = JSON.parse(process.argv[2]!) as ProxyConfig;
const balancer = await startBalancer(config, { log });
process.on('SIGTERM', async () => {
  await balancer.stop();
  process.exit();
});
process.on('message', async (next) => {
  const { plan, apply } = await balancer.prepareReload(next as ProxyConfig);
  await apply();
  process.send!(plan.lines.map(({ name }) => name));
});
process.send!(balancer.status().listeners[0]!.binds[0]!.port);
