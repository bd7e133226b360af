/** docs/DIFFERENTIAL.md out of the results of a run. */
import { departureReason } from './departures.ts';
import { departure, OTHERS, type Result } from './result.ts';

const introduction = `# What reaches an origin, and a client, is read alike by all

<!-- Written by npm run differential -- --write out of a run: change testbed/differential/ there. -->

A request that two programs on its way read differently is how caches are poisoned and rules are walked
around. So a corpus of hostile requests and responses goes through a real Tandem balancer, and what it
passes on is read by nginx, HAProxy, Node's HTTP parser and Python's h11:

- **Requests.** The very bytes that Tandem sent upstream, and one more request behind them, go to each judge.
  They have to see the same requests: method, target, host, all other fields, length of the body, and their
  number. What Tandem sends must be canonical besides: one Host, one framing, CR LF, no folding, no NUL. All
  of it again with \`raw_path\`.
- **Responses.** An origin sends hostile answers, and an ordinary one to the next request. What Tandem
  gives the client is read as answers by Node and h11, and by nginx and HAProxy as the next proxy: status, length
  and number of answers are the same for all, or Tandem has reset the connection, which everybody sees.

\`npm run differential\` runs it (root is not needed; nginx, HAProxy and python3-h11 are) and fails at any
difference, with the case, the bytes and who saw what. It is part of CI.`;

/** What took part, with versions. */
export type Versions = Readonly<Record<string, string>>;

/** The page. */
export function differentialPage(results: readonly Result[], versions: Versions): string {
  const findings = results.filter((one) => one.findings.length > 0).length;
  const took = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const verdict =
    findings === 0
      ? `${results.length} cases, no difference in what Tandem passed on.`
      : `${results.length} cases, differences in ${findings} of them.`;
  return [
    introduction,
    `The last run written here: ${took.join(', ')}. ${verdict}`,
    `## Accepted

How many cases of a theme each accepts as they come: passed on in full, without an error.`,
    themes(results),
    `## Where Tandem differs from both

nginx and HAProxy agree in these cases, and Tandem does otherwise.`,
    departures(results),
    `## What judges refuse

Bytes from Tandem that a judge does not take, by a rule of its own. None of them reads them otherwise.`,
    refusals(results),
    '',
  ].join('\n\n');
}

function themes(results: readonly Result[]): string {
  const rows = [...Map.groupBy(results, ({ theme }) => theme)].map(([theme, cases]) => {
    const accepted = OTHERS.map((name) => cases.filter((one) => one.others[name]?.accepted).length);
    const ours = cases.filter(({ tandem }) => tandem.accepted).length;
    return `| ${theme} | ${cases.length} | ${ours} | ${accepted.join(' | ')} |`;
  });
  return `| theme | cases | Tandem | ${OTHERS.join(' | ')} |\n|---|---|---|---|---|\n${rows.join('\n')}`;
}

function departures(results: readonly Result[]): string {
  const rows = results.flatMap((result) => {
    const kind = departure(result);
    if (kind === null) return [];
    const { theme, name, tandem, others } = result;
    const what = kind === 'stricter' ? 'refuses' : 'accepts';
    const told = [tandem, others.nginx, others.HAProxy].map((one) => one?.text ?? '-');
    const cells = [theme, name, what, ...told, departureReason(result) ?? '**none**'];
    return [`| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`];
  });
  const header = '| theme | case | Tandem | its answer | nginx | HAProxy | why |';
  return `${header}\n|---|---|---|---|---|---|---|\n${rows.join('\n')}`;
}

function refusals(results: readonly Result[]): string {
  const all = results.flatMap((one) => [...new Set(one.refusals)]);
  const rows = [...Map.groupBy(all, (text) => text)].map(
    ([text, same]) => `| ${text} | ${same.length} |`,
  );
  return `| who, and its rule | cases |\n|---|---|\n${rows.join('\n')}`;
}
