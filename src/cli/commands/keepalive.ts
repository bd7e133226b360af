import type { CliCommand } from '../command.ts';

/** `tandem keepalive`: the VRRP agent alone. */
export const keepalive: CliCommand = {
  name: 'keepalive',
  summary: 'run the VRRP agent: who holds the virtual addresses',
  group: 'Processes',
  details: `Needs CAP_NET_ADMIN and CAP_NET_RAW; CAP_SYS_NICE for real-time priority.
It takes the balancer for dead until tandem proxy of the same runtime directory
(TANDEM_RUNTIME_DIR, default /run/tandem) connects to it.`,
  shared: ['config', 'node'],
  options: [
    ['--release', "take this node's virtual addresses off its interfaces and end"],
    ['--wanted', 'exit with 0 when the file has virtual_routers, 1 when not; start nothing'],
  ],
  async run({ configPath, node, options }) {
    if (options.wanted === true) {
      const { wanted } = await import('../../processes/wanted.ts');
      return wanted('keepalive', { configPath, node });
    }
    const { mustStart } = await import('../../processes/must-start.ts');
    const { runKeepalive, runRelease } = await import('../../processes/keepalive-process.ts');
    if (options.release === true) {
      await mustStart(runRelease({ configPath, node }));
      return 0;
    }
    await mustStart(runKeepalive({ configPath, node }));
    return undefined;
  },
};
