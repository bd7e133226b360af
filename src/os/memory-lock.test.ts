import { expect, test } from 'vitest';
import { readOnlyFileMappings } from './memory-lock.ts';

const MAPS = `00400000-00e00000 r--p 00000000 08:01 1234567                            /usr/bin/node
00e00000-05a00000 r-xp 00a00000 08:01 1234567                            /usr/bin/node
05a00000-05b00000 rw-p 05600000 08:01 1234567                            /usr/bin/node
0aa00000-0ab00000 rw-p 00000000 00:00 0                                  [heap]
7f0000000000-7f0000001000 r--p 00000000 00:00 0 
7f0000002000-7f0000003000 r-xp 00000000 08:01 99                         /usr/lib/a file.so
7ffc00000000-7ffc00001000 r-xp 00000000 00:00 0                          [vdso]
`;

test('mappings of files that nobody writes, and no others', () => {
  expect(readOnlyFileMappings(MAPS)).toEqual([
    { start: 0x7f0000002000n, bytes: 0x1000n, path: '/usr/lib/a file.so' },
    { start: 0x400000n, bytes: 0xa00000n, path: '/usr/bin/node' },
    { start: 0xe00000n, bytes: 0x4c00000n, path: '/usr/bin/node' },
  ]);
});
