/** The bounds that only the lab can show; `npm run drill` runs the rest at 100 ms adverts. */
import { afterEach, describe, expect, test } from 'vitest';
import { lacks } from '../lab/requirements.ts';
import { stacks } from '../lab/stacks/index.ts';
import { drillNamed } from './catalogue/index.ts';
import { LabPlace } from './lab-place.ts';
import { soleHolder } from './place.ts';
import { resultTable, tableLegend } from './result-text.ts';
import { runDrill } from './run-drill.ts';

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
