import { checkFile, type formatProblem, identify, parseDuration } from '../../config/index.ts';
import type { AgentReport } from '../../control/agent-report.ts';
import type { BalancerReport } from '../../control/balancer-report.ts';
import type { Found } from '../../doctor/examination.ts';
import type { HalfHere, HalfName } from '../../doctor/subject.ts';
import type { CliCommand, ExitStatus, Invocation } from '../command.ts';
import type { Half } from '../halves.ts';

/** Time to hear whoever advertises once a second, keepalived's default, three times. */
const LISTEN_DEFAULT = '3s';
const LISTEN_MAX_MS = 60_000;

/** `tandem doctor`: is this host fit for the config, before and while Tandem runs? */
export const doctor: CliCommand = {
  name: 'doctor',
  summary: 'look at this host: what is wrong with it, and what to do',
  group: 'Operation',
  details: `Looks at what the config needs of this host: versions, capabilities, clock, disks,
memory, descriptors, conntrack, sysctls, interfaces, ports, firewall, other VRRP
programs, and strangers with our VRID on the LAN, to which it listens for a
moment. It changes nothing and sends no VRRP. Run it before the first start, and
when something is strange.

Each line is ok, warn (it works, and less well or not for ever), bad (something
the config asks for cannot work) or unknown (this user may not look); below all
but ok stands what to do. Exit status 1 when something is bad or the config is
wrong. It works without root, and sees less.`,
  shared: ['config', 'node', 'json'],
  options: [
    ['--listen <time>', `how long to listen to the LAN; 0s: not (default: ${LISTEN_DEFAULT})`],
  ],
  async run(invocation) {
    const listenMs = listenTime(invocation.options.listen);
    if (listenMs === null) {
      const { listen } = invocation.options;
      invocation.output.note(
        `--listen: found ${listen}; allowed: 0s to 60s, such as ${LISTEN_DEFAULT}`,
      );
      return 2;
    }
    return look(invocation, listenMs);
  },
};

function listenTime(given: unknown): number | null {
  const parsed = parseDuration(typeof given === 'string' ? given : LISTEN_DEFAULT);
  return parsed.ok && parsed.value <= LISTEN_MAX_MS ? parsed.value : null;
}

async function look(invocation: Invocation, listenMs: number): Promise<ExitStatus> {
  const { configPath, env, output } = invocation;
  const { examine } = await import('../../doctor/examination.ts');
  const { askHalf, socketOf } = await import('../halves.ts');
  const file = checkFile(configPath);
  const [agent, balancer] = await Promise.all([
    askHalf<AgentReport>(socketOf(env, 'keepalive')).then((half) => here('agent', half)),
    askHalf<BalancerReport>(socketOf(env, 'proxy')).then((half) => here('balancer', half)),
  ]);
  const nodes = Object.keys(file.config?.nodes ?? {});
  const identity = nodes.length === 0 ? null : identify(nodes, invocation);
  const subject = {
    ...{ file: file.file, config: file.config, env, agent, balancer, listenMs },
    node: identity?.ok ? identity.node : null,
  };
  const { routersHere } = await import('../../doctor/subject.ts');
  if (listenMs > 0 && routersHere(subject).length > 0)
    output.progress.show(`listening to the LAN for ${listenMs / 1_000} s`);
  const config: Found[] = [
    ...configFindings(
      file.file,
      file.problems.filter(({ severity }) => severity === 'error'),
    ),
    ...(identity === null ? [] : [nodeFinding(identity)]),
  ];
  const found = [...config, ...(await examine(subject))];
  return report(found, invocation);
}

async function report(found: readonly Found[], { json, output }: Invocation): Promise<ExitStatus> {
  const { countVerdicts } = await import('../../doctor/examination.ts');
  const { doctorView } = await import('../views/doctor-view.ts');
  const counts = countVerdicts(found);
  const well = counts.bad === 0;
  if (json) output.json({ ok: well, counts, findings: found });
  else output.line(doctorView(found));
  return well ? 0 : 1;
}

async function here<Report extends AgentReport | BalancerReport>(
  name: HalfName,
  half: Half<Report>,
): Promise<HalfHere<Report>> {
  const { NOT_RUNNING } = await import('../halves.ts');
  const { rightsOfProcess, rightsOfUnit, rightsOfUser } = await import('../../doctor/rights.ts');
  if ('absent' in half) {
    const runs = half.absent.startsWith(NOT_RUNNING) ? 'no' : 'unknown';
    const rights = (await rightsOfUnit(name)) ?? rightsOfUser();
    return { report: null, absent: half.absent, runs, rights };
  }
  const { pid } = half.status;
  const rights = pid === undefined ? null : rightsOfProcess(pid);
  return { report: half.status, absent: '', runs: 'yes', rights };
}

function configFindings(
  file: string,
  errors: readonly Parameters<typeof formatProblem>[0][],
): Found[] {
  const check = 'config';
  if (errors.length === 0) {
    return [{ check, verdict: 'ok', what: file, reason: 'is right', remedy: null }];
  }
  const more = errors.length === 1 ? '' : `, and ${errors.length - 1} more`;
  const reason = `${errors[0]!.message}${more}; of what depends on it nothing was looked at`;
  const remedy = `tandem check -c ${file}`;
  return [{ check, verdict: 'bad', what: file, reason, remedy }];
}

function nodeFinding(identity: ReturnType<typeof identify>): Found {
  const what = 'node';
  if (identity.ok) {
    return {
      check: 'config',
      verdict: 'ok',
      what,
      reason: `this host is ${identity.node}`,
      remedy: null,
    };
  }
  const remedy = 'give this host one of these names, or say --node or TANDEM_NODE';
  return { check: 'config', verdict: 'bad', what, reason: identity.message, remedy };
}
