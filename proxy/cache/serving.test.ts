import { afterEach, describe, expect, it } from 'vitest';
import { CacheScene } from './cache-scene.fixture.ts';

let scene: CacheScene;
afterEach(() => scene.close());

describe('a response that may be stored', () => {
  it('comes from the store the next time, with its age', async () => {
    scene = new CacheScene();
    const first = await scene.get('/a');
    expect(first).toMatchObject({
      status: 200,
      body: 'hello',
      cache: 'fwd=uri-miss; fwd-status=200; ttl=60; stored',
    });
    scene.pass(7000);
    const second = await scene.get('/a');
    expect(second).toMatchObject({ status: 200, body: 'hello', cache: 'hit; ttl=53' });
    expect(second.fields).toMatchObject({ age: '7', 'content-length': '5' });
    expect(scene.asked).toHaveLength(1);
  });
});
