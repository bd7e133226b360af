import { describe } from 'vitest';
import { datagramCases } from './datagrams.case.ts';
import { engineSuite } from './engine.case.ts';
import { NetEngine } from './net/net-engine.ts';
import { UringEngine } from './uring/uring-engine.ts';

describe('the net engine', () => engineSuite(() => new NetEngine()));

datagramCases('the net engine', new NetEngine().datagrams);

describe('the net engine with documented interfaces only', () => {
  engineSuite(() => new NetEngine({ adoptHandles: false }));
});

describe('the uring engine', () => engineSuite(() => new UringEngine({ checked: true })));
