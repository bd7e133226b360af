import { expect, it } from 'vitest';
import { findUser } from './command-user.ts';

const root = 'root:x:0:0:root:/root:/bin/bash';
const nobody = 'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin';
const tandem = 'tandem:x:998:997::/nonexistent:/usr/sbin/nologin';

it('is tandem where that exists, else nobody', () => {
  expect(findUser([root, nobody, tandem].join('\n'))).toEqual({
    name: 'tandem',
    uid: 998,
    gid: 997,
  });
  expect(findUser([root, nobody].join('\n'))?.name).toBe('nobody');
  expect(findUser(root)).toBeNull();
});

it('is never root, nor of its group', () => {
  expect(findUser(['tandem:x:0:5::/:/bin/sh', nobody].join('\n'))?.name).toBe('nobody');
  expect(findUser('nobody:x:5:0::/:/bin/sh')).toBeNull();
  expect(findUser('nobody:x::5::/:/bin/sh')).toBeNull();
});
