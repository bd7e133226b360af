import { describe } from 'vitest';
import { engineSuite } from './engine.case.ts';
import { NetEngine } from './net/net-engine.ts';

describe('the net engine', () => engineSuite(() => new NetEngine()));

describe('the net engine with documented interfaces only', () => {
  engineSuite(() => new NetEngine({ adoptHandles: false }));
});
