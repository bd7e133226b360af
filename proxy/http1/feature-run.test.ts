import { expect, it } from 'vitest';
import type { FeatureRequest, RouteFeature } from '../features/feature.ts';
import type { LocalResponse } from '../features/local-response.ts';
import type { ClientIdentity } from './client-identity.ts';
import { FeatureRun, type FeatureRunOwner } from './feature-run.ts';
import { RequestHead } from './head.ts';

it('what a feature does when its request is over reaches nobody', () => {
  const heard: string[] = [];
  const owner = {
    goOn: () => heard.push('goOn'),
    answerLocally: () => heard.push('answer'),
    fail: () => heard.push('fail'),
  } as unknown as FeatureRunOwner;
  let request: FeatureRequest | null = null;
  const feature = {
    name: 'forward_auth',
    begin: (begun: FeatureRequest) => {
      request = begun;
      return { request: () => 'wait' };
    },
  } as unknown as RouteFeature;
  const run = new FeatureRun({} as ClientIdentity, owner);
  run.begin([feature], null, new RequestHead(10), '/', null);
  expect(run.advance()).toBe('wait');
  const late = request! as FeatureRequest;
  late.goOn();
  expect(heard.splice(0)).toEqual(['goOn']);
  run.over();
  let dropped = false;
  const response = {
    body: {
      drop: () => {
        dropped = true;
      },
    },
  } as unknown as LocalResponse;
  late.goOn();
  late.answer(response);
  late.fail('no_resources');
  late.breakOff('no_resources');
  expect(heard).toEqual([]);
  expect(dropped).toBe(true);
});
