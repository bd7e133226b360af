import { expect, test } from 'vitest';
import { streamModule } from './nginx.ts';

const FOLDER = '--modules-path=/usr/lib/nginx/modules';
const yes = () => true;
const no = () => false;

test('a stream module that is compiled in needs no loading', () => {
  expect(streamModule(`${FOLDER} --with-stream --with-threads`, no)).toEqual({ load: null });
  expect(streamModule(`${FOLDER} --with-stream`, no)).toEqual({ load: null });
});

test('one that can be loaded is there only with its file', () => {
  const build = `${FOLDER} --with-stream=dynamic --with-stream_ssl_module`;
  expect(streamModule(build, yes)).toEqual({
    load: '/usr/lib/nginx/modules/ngx_stream_module.so',
  });
  expect(streamModule(build, no)).toBeNull();
});

test('parts of the stream module are not the module', () => {
  const build = `${FOLDER} --with-stream_ssl_module --with-stream_geoip_module=dynamic`;
  expect(streamModule(build, yes)).toBeNull();
});
