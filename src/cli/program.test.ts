import { describe, expect, test } from 'vitest';
import { StartupError } from '../processes/startup-error.ts';
import type { CliCommand, Invocation } from './command.ts';
import { commands } from './commands/index.ts';
import { tandem } from './terminal.case.ts';

function commandThat(run: CliCommand['run'], more: Partial<CliCommand> = {}): CliCommand {
  return {
    name: 'probe',
    summary: 'do what the test says',
    group: 'Operation',
    shared: ['config', 'node', 'json'],
    ...more,
    run,
  };
}

describe('help', () => {
  test('--help tells a stranger what this is, what there is, and where to begin', async () => {
    const { status, stdout, stderr } = await tandem(commands, ['--help']);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('a load balancer pair that shares virtual IP addresses');
    expect(stdout).toContain('tandem check -c FILE');
    for (const { name, summary } of commands) {
      expect(stdout).toMatch(new RegExp(`\\n  ${name}\\b.*${summary.slice(0, 10)}`));
    }
  });

  test.each(commands.map(({ name }) => name))('%s --help', async (name) => {
    const { status, stdout } = await tandem(commands, [name, '--help']);
    expect(status).toBe(0);
    expect(stdout).toContain(`Usage: tandem ${name}`);
    expect(stdout.split('\n').filter((line) => line.length > 90)).toEqual([]);
  });

  test('without a command the help is an answer to a mistake', async () => {
    const { status, stdout, stderr } = await tandem(commands, []);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain('Usage: tandem COMMAND');
  });

  test('--version', async () => {
    expect(await tandem(commands, ['--version'])).toEqual({
      status: 0,
      stdout: '1.2.3\n',
      stderr: '',
    });
  });
});

describe('a wrong command line is exit status 2, on stderr, once', () => {
  test.each([
    [['chek'], "error: unknown command 'chek'\n(Did you mean check?)\n(tandem --help explains)\n"],
    [
      ['chek', '--help'],
      "error: unknown command 'chek'\n(Did you mean check?)\n(tandem --help explains)\n",
    ],
    [
      ['check', '--jsno'],
      "error: unknown option '--jsno'\n(Did you mean --json?)\n(tandem check --help explains)\n",
    ],
    [
      ['check', 'file.yaml'],
      "error: too many arguments for 'check'. Expected 0 arguments but got 1: file.yaml.\n" +
        '(tandem check --help explains)\n',
    ],
    [
      ['check', '-c'],
      "error: option '-c, --config <file>' argument missing\n(tandem check --help explains)\n",
    ],
  ])('%j', async (args, stderr) => {
    expect(await tandem(commands, args)).toEqual({ status: 2, stdout: '', stderr });
  });
});

describe('a command', () => {
  test('gets the shared options with their defaults, and its own', async () => {
    const seen: Invocation[] = [];
    const probe = commandThat(
      async (invocation) => {
        seen.push(invocation);
        return 0;
      },
      { options: [['--dry-run', 'only look']] },
    );
    await tandem([probe], ['probe']);
    const args = ['probe', '-c', 'f', '--node', 'n', '--json', '--dry-run'];
    await tandem([probe], args, { env: { A: 'b' }, hostname: 'h' });
    expect(seen).toMatchObject([
      { configPath: '/etc/tandem/tandem.yaml', node: undefined, json: false, options: {} },
      { configPath: 'f', node: 'n', json: true, options: { dryRun: true } },
    ]);
    expect(seen[1]).toMatchObject({ env: { A: 'b' }, hostname: 'h' });
  });

  test('decides the exit status, or lives on', async () => {
    expect((await tandem([commandThat(async () => 1)], ['probe'])).status).toBe(1);
    const stays = commandThat(async () => undefined);
    expect((await tandem([stays], ['probe'])).status).toBeUndefined();
  });

  test('fails plainly for what the operator can mend, with a stack for what is ours', async () => {
    const mendable = commandThat(async () => {
      throw new StartupError('port 80 is in use');
    });
    expect(await tandem([mendable], ['probe'])).toEqual({
      status: 1,
      stdout: '',
      stderr: 'port 80 is in use\n',
    });
    const defect = commandThat(async () => {
      throw new TypeError('x is not a function');
    });
    const { status, stderr } = await tandem([defect], ['probe']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/defect in Tandem.*\nTypeError: x is not a function\n +at /);
  });
});

describe('tandem help', () => {
  const probe = commandThat(async () => 0, { details: 'One.\nTwo.' });

  test('is --help, of a command too', async () => {
    expect(await tandem([probe], ['help'])).toEqual(await tandem([probe], ['--help']));
    const { status, stdout } = await tandem([probe], ['help', 'probe']);
    expect([status, stdout]).toEqual([0, (await tandem([probe], ['probe', '--help'])).stdout]);
    expect(stdout).toContain('\nOne. Two.\n');
  });

  test('of a command that there is not says so', async () => {
    const { status, stderr } = await tandem([probe], ['help', 'prob']);
    expect(status).toBe(2);
    expect(stderr).toContain("unknown command 'prob'\n(Did you mean probe?)");
  });
});

test('an option that may be repeated is a list, and none is nothing', async () => {
  const seen: unknown[] = [];
  const probe = commandThat(
    async ({ options }) => {
      seen.push(options.header);
      return 0;
    },
    { repeated: [['-H, --header <line>', 'a field']] },
  );
  await tandem([probe], ['probe']);
  await tandem([probe], ['probe', '-H', 'a: 1', '-H', 'b: 2']);
  expect(seen).toEqual([undefined, ['a: 1', 'b: 2']]);
  expect((await tandem([probe], ['probe', '--help'])).stdout).not.toContain('[]');
});
