import type { CliCommand } from '../command.ts';
import { undrainedText } from '../views/server-view.ts';

/** `tandem undrain`: a server that was drained gets new work again. */
export const undrain: CliCommand = {
  name: 'undrain',
  summary: 'give a server that was drained new work again',
  group: 'Operation',
  details: `SERVER as in \`tandem drain\`. With \`slow_start\` it gets its share little by little.

  tandem undrain 198.51.100.21:80`,
  shared: ['config', 'node', 'json'],
  arguments: [['<server>', 'host:port, or host']],
  options: [['--upstream <name>', 'in this upstream only (default: in all)']],
  async run(invocation) {
    const { changeServer } = await import('../server-change.ts');
    const answer = await changeServer(invocation, { drain: '0' }, undrainedText);
    if (typeof answer === 'number') return answer;
    if (invocation.json) invocation.output.json(answer);
    return 0;
  },
};
