/** `node origin.ts PORT`: answers `served`, and to /large with a megabyte; in a process of its own. */
import { createServer } from 'node:http';
import { limits } from './limits.ts';

const LARGE = Buffer.alloc(limits.largeBytes, 'large ');

const server = createServer((request, response) => {
  response.end(request.url === '/large' ? LARGE : 'served\n');
});
server.listen(Number(process.argv[2]), '127.0.0.1');
