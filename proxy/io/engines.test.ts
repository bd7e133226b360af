import { describe } from 'vitest';
import { datagramCases } from './datagrams.case.ts';
import { engineSuite } from './engine.case.ts';
import { NetEngine } from './net/net-engine.ts';
import { uringRefusal } from './uring/detect.ts';
import { UringEngine } from './uring/uring-engine.ts';

describe('the net engine', () => engineSuite(() => new NetEngine()));

datagramCases('the net engine', new NetEngine().datagrams);

describe('the net engine with documented interfaces only', () => {
  engineSuite(() => new NetEngine({ adoptHandles: false }));
});

const refusal = uringRefusal();
const unless = refusal === null ? '' : `, not here: ${refusal}`;
describe.skipIf(refusal !== null)(`the uring engine${unless}`, () => {
  engineSuite(() => new UringEngine({ checked: true }));
});
