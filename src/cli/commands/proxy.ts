import type { CliCommand } from '../command.ts';

/** `tandem proxy`: the balancer alone. */
export const proxy: CliCommand = {
  name: 'proxy',
  summary: 'run the balancer: where a connection or request goes',
  group: 'Processes',
  details: `Needs no privileges for ports from 1024 up; CAP_NET_BIND_SERVICE below.
With virtual_routers in the file it reports its readiness to tandem keepalive of the
same runtime directory (TANDEM_RUNTIME_DIR, default /run/tandem). SIGTERM finishes
what is in flight, within proxy.drain_timeout; a second one stops at once.`,
  shared: ['config', 'node'],
  options: [
    ['--wanted', 'exit with 0 when the file has listeners, 1 when not; start nothing'],
    ['--ended', 'for ExecStopPost: note how the balancer ended, as systemd says; start nothing'],
  ],
  async run({ configPath, node, options }) {
    if (options.wanted === true) {
      const { wanted } = await import('../../processes/wanted.ts');
      return wanted('proxy', { configPath, node });
    }
    if (options.ended === true) {
      const { balancerEndedSaysSystemd } = await import('../../processes/ended.ts');
      balancerEndedSaysSystemd(process.env);
      return 0;
    }
    const { mustStart } = await import('../../processes/must-start.ts');
    const { runProxy } = await import('../../processes/proxy-process.ts');
    await mustStart(runProxy({ configPath, node }));
    return undefined;
  },
};
