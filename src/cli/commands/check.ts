import {
  type CheckedFile,
  checkFile,
  configValue,
  type EffectiveConfig,
  formatProblem,
  type Identity,
  identify,
  orderProblems,
  printConfig,
  readPages,
  readSecrets,
} from '../../config/index.ts';
import { certificateFindings } from '../certificate-findings.ts';
import { describeConfig } from '../check-summary.ts';
import type { CliCommand, ExitStatus, Invocation } from '../command.ts';
import { folderFindings } from '../folder-findings.ts';
import { hostWarnings } from '../host-warnings.ts';

/** `tandem check`: is the file right, and what does it make of this host? */
export const check: CliCommand = {
  name: 'check',
  summary: 'check a config file and say what it does',
  group: 'Configuration',
  details: `Lists every mistake as file:line:column, with what was found and what is
allowed, on stderr. Needs no privileges and touches nothing. On a host that is
none of the file's nodes it checks the file for all of them; with --node or
TANDEM_NODE the name must be right. On one of the nodes it also warns of what
the host lacks: a kernel and libnftables for the lease, a sysctl for reloads.

With --print the effective config, every default written out, goes to stdout.`,
  shared: ['config', 'node', 'json'],
  options: [['--print', 'print the effective config, defaults included']],
  async run(invocation) {
    const checked = checkFile(invocation.configPath);
    const identity = identityIn(checked.config, invocation);
    const problems = [...checked.problems];
    if (identity !== null && !identity.ok && identity.given) {
      const { message } = identity;
      problems.push(
        checked.problemAt({ severity: 'error', path: ['nodes'], part: 'key', message }),
      );
    }
    if (checked.config !== null) {
      // Whoever checks need not be the one who may read them, nor on the host that has them.
      const { findings } = readSecrets(checked.config, process.env, 'warning');
      const pages = readPages(checked.config, 'warning').findings.map((finding) => ({
        ...finding,
        message: `${finding.message}; the balancer does not start without it`,
      }));
      const certificates = await certificateFindings(checked.config, Date.now());
      const folders = folderFindings(checked.config);
      problems.push(...[...findings, ...pages, ...certificates, ...folders].map(checked.problemAt));
    }
    const config = problems.some(({ severity }) => severity === 'error') ? null : checked.config;
    const node = identity?.ok ? identity.node : null;
    return report({ ...checked, config, problems: orderProblems(problems) }, node, invocation);
  },
};

/** Null when nothing in the file depends on which host reads it. */
function identityIn(config: EffectiveConfig | null, invocation: Invocation): Identity | null {
  if (config === null || Object.keys(config.virtual_routers).length === 0) return null;
  return identify(Object.keys(config.nodes), invocation);
}

function report(checked: CheckedFile, node: string | null, invocation: Invocation): ExitStatus {
  const { file, config, problems, digest } = checked;
  const { output, json } = invocation;
  const print = invocation.options.print === true;
  const host = config === null ? [] : hostWarnings(config, node, invocation.facts);
  if (json) {
    const effective = print && config !== null ? { config: configValue(config) } : {};
    output.json({ ok: config !== null, file, digest, node, problems, host, ...effective });
    return config === null ? 1 : 0;
  }
  for (const problem of problems) output.note(formatProblem(problem));
  for (const warning of host) output.note(`this host: warning: ${warning}`);
  if (config === null) return 1;
  // Whoever prints wants to read or to pipe the config, so the summary steps aside.
  const say = print ? output.note : output.line;
  const hostname = invocation.hostname.split('.')[0] ?? '';
  say(`${file}: ok`);
  for (const line of describeConfig(config, node, hostname)) say(`  ${line}`);
  if (print) output.line(printConfig(config).trimEnd());
  return 0;
}
