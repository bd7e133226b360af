/** The bounds that only the lab can show; `npm run drill` runs the rest at 100 ms adverts. */
import { afterEach, describe, expect, test } from 'vitest';
import { lacks } from '../lab/requirements.ts';
import { stacks } from '../lab/stacks/index.ts';
import { tandemCommand } from '../lab/stacks/tandem.ts';
import { waitUntil } from '../lab/wait-until.ts';
import { drillNamed } from './catalogue/index.ts';
import { LabPlace } from './lab-place.ts';
import { soleHolder } from './place.ts';
import { resultTable, tableLegend } from './result-text.ts';
import { answering, runDrill } from './run-drill.ts';

let place: LabPlace | null = null;

afterEach(async () => {
  await place?.close();
  place = null;
});

// Real-time priority is what keeps 10 ms adverts on time, and only root has it.
describe.skipIf(lacks('10 ms adverts', [], 'root'))('at 10 ms adverts', () => {
  test('a crash of the active host is an outage of at most 60 ms', async () => {
    place = await LabPlace.boot(stacks.tandem, 10);
    const result = await runDrill(place, drillNamed('crash-active'), () => {});
    expect(result.error).toBeNull();
    expect(result.promises[0]).toMatchObject({ what: 'outage', atMost: 60, unit: 'ms' });
    expect(result.passed, `\n${resultTable([result])}\n\n${tableLegend}`).toBe(true);
  });
});

test('`tandem drill` goes there and back while clients notice nothing', async () => {
  place = await LabPlace.boot(stacks.tandem, 100);
  await soleHolder(place, 'edge-a', 20_000);
  await answering(place);
  const edge = place.lab.host('edge-a');
  const drill = (...args: string[]) => edge.attempt(tandemCommand(edge, ['drill', ...args]));
  await waitUntil('it could be', async () => (await drill()).status === 0, 20_000, 200);
  const probes = await Promise.all([
    place.probe({ mode: 'keepalive', port: 80, everyMs: 20, durationMs: 30_000 }),
    place.probe({ mode: 'tcp', port: 7, everyMs: 20, durationMs: 30_000 }),
  ]);
  const { status, stdout, stderr } = await drill('--yes', '--stay', '500ms');
  const reports = await Promise.all(probes.map((probe) => probe.stop()));
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout.match(/: back by agreement after \d+ ms/g)).toHaveLength(2);
  for (const report of reports) expect(report).toMatchObject({ failed: 0, brokenConnections: 0 });
  expect(place.watch.holders).toEqual(['edge-a']);
});

test('a drill that cannot be measured says why and leaves a pair that works', async () => {
  place = await LabPlace.boot(stacks.tandem, 100);
  const broken = {
    ...drillNamed('cut-link'),
    inflict: async () => {
      throw new Error('the tongs slipped');
    },
  };
  const result = await runDrill(place, broken, () => {});
  expect(result).toMatchObject({ passed: false, promises: [], measured: null, timeline: null });
  expect(result.error).toContain('the tongs slipped');
  await soleHolder(place, 'edge-a', 5_000);
});
