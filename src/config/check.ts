/**
 * Everything that can be said about a config file without knowing which host reads it:
 *
 *     bytes -> text -> YAML tree -> schema -> effective defaults -> rules
 *
 * A stage whose input is broken beyond sense is skipped; otherwise all problems come at once.
 */
import { type EffectiveConfig, effectiveConfig } from './effective.ts';
import { type Finding, orderProblems, type Problem, pathText } from './problem.ts';
import type { DeclaredNames } from './rules/rule.ts';
import { namesIn, salvage } from './salvage.ts';
import { configSchema } from './schema/index.ts';
import { schemaFindings } from './schema-problems.ts';
import { readSource, type Source, type SourceFault } from './source.ts';
import { validate } from './validate.ts';
import { parseYaml, type YamlTree } from './yaml-tree.ts';

/** A file and what is known of it. `config` is null when there is any error. */
export interface CheckedFile {
  readonly file: string;
  readonly digest: string;
  /** As they are in the file; none when it could not be read. */
  readonly bytes: Uint8Array;
  readonly config: EffectiveConfig | null;
  /** Errors and warnings in the order of the file. */
  readonly problems: readonly Problem[];
  /** A problem at a path of this file, for what is found out later (which node this is). */
  problemAt(finding: Finding): Problem;
}

/** Reads and checks a file. Never throws. */
export function checkFile(file: string): CheckedFile {
  const source = readSource(file);
  return 'text' in source ? checkSource(source) : unreadable(file, source);
}

/** Checks a text that was read already. Never throws. */
export function checkSource(source: Source | SourceFault, file = ''): CheckedFile {
  if (!('text' in source)) return unreadable(file, source);
  const tree = parseYaml(source.text);
  const problemAt = (finding: Finding) => placed(source.file, tree, finding);
  const fromYaml = tree.faults.map(
    ({ line, column, path, message }): Problem => ({
      severity: 'error',
      file: source.file,
      line,
      column,
      path: pathText(path),
      message,
    }),
  );
  if (tree.value === null && tree.faults.length === 0) return emptyFile(source.file);
  const checked = tree.fatal ? { config: null, findings: [] } : checkValue(tree.value);
  const problems = orderProblems([...fromYaml, ...checked.findings.map(problemAt)]);
  const broken = problems.some((problem) => problem.severity === 'error');
  return {
    file: source.file,
    digest: source.digest,
    bytes: source.bytes,
    config: broken ? null : checked.config,
    problems,
    problemAt,
  };
}

interface CheckedValue {
  readonly config: EffectiveConfig | null;
  readonly findings: readonly Finding[];
}

function checkValue(value: unknown): CheckedValue {
  const result = configSchema.safeParse(value, { reportInput: true });
  if (result.success) {
    const config = effectiveConfig(result.data);
    return { config, findings: validate({ config, declared: declaredIn(value) }, true) };
  }
  const { issues } = result.error;
  const rest = configSchema.safeParse(salvage(value, issues));
  const fromRules = rest.success
    ? validate({ config: effectiveConfig(rest.data), declared: declaredIn(value) }, false)
    : [];
  return { config: null, findings: [...schemaFindings(issues), ...fromRules] };
}

function declaredIn(value: unknown): DeclaredNames {
  return {
    nodes: namesIn(value, 'nodes'),
    upstreams: namesIn(value, 'upstreams'),
    health_scripts: namesIn(value, 'health_scripts'),
    rate_limits: namesIn(value, 'rate_limits'),
    concurrency_limits: namesIn(value, 'concurrency_limits'),
    caches: namesIn(value, 'caches'),
  };
}

function placed(file: string, tree: YamlTree, finding: Finding): Problem {
  const { severity, path, part, message } = finding;
  return { severity, file, ...tree.place(path, part), path: pathText(path), message };
}

function emptyFile(file: string): CheckedFile {
  return unreadable(file, { message: 'is empty but for comments', line: null, column: null });
}

function unreadable(file: string, { line, column, message }: SourceFault): CheckedFile {
  const problem: Problem = { severity: 'error', file, line, column, path: '', message };
  const problemAt = () => problem;
  return {
    file,
    digest: '',
    bytes: new Uint8Array(),
    config: null,
    problems: [problem],
    problemAt,
  };
}
