import type { CliCommand } from '../command.ts';
import { weightText } from '../views/server-view.ts';

/** `tandem weight`: another share of the work for a server. */
export const weight: CliCommand = {
  name: 'weight',
  summary: 'give a server another weight, until the file is to decide again',
  group: 'Operation',
  details: `SERVER as in \`tandem drain\`. WEIGHT is 0 to 1000, relative to the other servers of
its upstream; 0: no new work. \`file\` takes back what was ordered before. It lasts when
the balancer is restarted, not when the host is. Each host of a pair has its own.

  tandem weight 198.51.100.21:80 1        a little, to begin with
  tandem weight 198.51.100.21:80 file     as the file has it`,
  shared: ['config', 'node', 'json'],
  arguments: [
    ['<server>', 'host:port, or host'],
    ['<weight>', '0 to 1000, or file'],
  ],
  options: [['--upstream <name>', 'in this upstream only (default: in all)']],
  async run(invocation) {
    const { isWeight } = await import('../../runtime/wishes-file.ts');
    const { changeServer } = await import('../server-change.ts');
    const [, given = ''] = invocation.args;
    if (given !== 'file' && !(/^\d+$/.test(given) && isWeight(Number(given)))) {
      invocation.output.note(`weight: found ${JSON.stringify(given)}; needed: 0 to 1000, or file`);
      return 2;
    }
    const answer = await changeServer(invocation, { weight: given }, weightText);
    if (typeof answer === 'number') return answer;
    if (invocation.json) invocation.output.json(answer);
    return 0;
  },
};
