import type { HoldReport } from '../../control/operator-orders.ts';
import type { CliCommand, ExitStatus, Invocation } from '../command.ts';

/** What the agent answers. */
interface HoldAnswer {
  readonly hold: HoldReport;
  /** Routers that had been given up on an operator's word. */
  readonly released: readonly string[];
  /** Why a restart of the agent would forget it; null: it would not. */
  readonly unkept: string | null;
}

/** `tandem hold`: no voluntary move of the addresses. */
export const hold: CliCommand = {
  name: 'hold',
  summary: 'leave the virtual addresses where they are, until released',
  group: 'Operation',
  details: `While a node is held, no host takes addresses from another that is well: no
failback, no move because a priority fell a little. A host that fails, or whose
balancer dies, is replaced all the same, and \`tandem handover\` still works. One of
the two nodes is enough. It survives a restart of the agent, not a reboot.

With --release addresses move as usual again. A node that gave its addresses up by
\`tandem handover\` may then take them back, which it otherwise does not.`,
  shared: ['config', 'node', 'json'],
  options: [['--release', 'let them move again']],
  async run(invocation) {
    const { output, options, env, node } = invocation;
    const { askHalf, orderAgent, socketOf } = await import('../halves.ts');
    const socket = socketOf(env, 'keepalive');
    if (node !== undefined) {
      const half = await askHalf<{ readonly node: string }>(socket);
      if ('status' in half && half.status.node !== node) {
        output.note(
          `--node: found ${node}; the agent here runs as ${half.status.node}; nothing was done`,
        );
        return 1;
      }
    }
    const on = options.release === true ? '0' : '1';
    const ordered = await orderAgent<HoldAnswer>(socket, '/hold', { on });
    if (!ordered.ok) {
      output.note(ordered.error);
      return 1;
    }
    return tell(ordered.result, invocation);
  },
};

function tell(answer: HoldAnswer, { json, output }: Invocation): ExitStatus {
  const { hold: state, released, unkept } = answer;
  if (json) {
    output.json(answer);
    return 0;
  }
  if (state.own) {
    output.line('held: the addresses stay where they are until `tandem hold --release`');
    output.note('a host that fails is replaced all the same');
    if (unkept !== null) {
      output.note(`a restart of the agent forgets it: its file cannot be written (${unkept})`);
    }
    return 0;
  }
  output.line(
    state.peer
      ? 'released here; the other node is on hold, too, so nothing moves until it is released there'
      : 'released: the addresses move as usual',
  );
  if (released.length > 0) {
    output.line(`${released.join(', ')}: may be taken back from now on`);
  }
  if (unkept !== null) {
    output.note(`a restarted agent is held again: its file cannot be removed (${unkept})`);
  }
  return 0;
}
