/** The scenarios, in the order they are run and reported. A new row here is all a new one takes. */
import { originPaths, type Scenario } from './scenario.ts';

/** A first navigation by a desktop browser: with Host 20 fields, 1.1 KiB. */
const BROWSER_FIELDS: Readonly<Record<string, string>> = {
  Connection: 'keep-alive',
  'Cache-Control': 'max-age=0',
  'sec-ch-ua': '"Chromium";v="140", "Not=A?Brand";v="24", "Google Chrome";v="140"',
  'sec-ch-ua-mobile': '?0',
  'sec-ch-ua-platform': '"Linux"',
  DNT: '1',
  'Upgrade-Insecure-Requests': '1',
  'User-Agent':
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) ' +
    'Chrome/140.0.0.0 Safari/537.36',
  Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'Sec-Fetch-Site': 'same-origin',
  'Sec-Fetch-Mode': 'navigate',
  'Sec-Fetch-User': '?1',
  'Sec-Fetch-Dest': 'document',
  Referer: 'https://shop.example.com/catalogue/garden/tools?sort=price&page=3',
  'Accept-Encoding': 'gzip, deflate, br, zstd',
  'Accept-Language': 'en-GB,en;q=0.9,de;q=0.8',
  Cookie:
    'session=8f14e45fceea167a5a36dedd4bea2543; theme=dark; consent=necessary.analytics; ' +
    '_ga=GA1.1.1422736540.1757930400; cart=3c59dc048e8850243be8079a5c74d079',
  Priority: 'u=0, i',
  'X-Requested-With': 'XMLHttpRequest',
};

const CLOSE: Readonly<Record<string, string>> = { Connection: 'close' };

const KEPT_ALIVE = { headers: {}, connections: 64 } as const;

export const scenarios: readonly Scenario[] = [
  {
    name: 'plain',
    title: 'HTTP, kept-alive connections, 43-byte bodies',
    meaning: 'what a request costs when nothing but proxying is asked for',
    listener: 'http',
    path: originPaths.small,
    ...KEPT_ALIVE,
    headline: 'cpuPerRequestUs',
    quick: true,
  },
  {
    name: 'browser',
    title: "HTTP, a browser's request (20 fields), 4 KiB answers with 12 fields",
    meaning: 'what parsing, checking and rewriting real heads costs',
    listener: 'http',
    path: originPaths.page,
    headers: BROWSER_FIELDS,
    connections: 64,
    headline: 'cpuPerRequestUs',
    quick: true,
  },
  {
    name: 'body-64k',
    title: 'HTTP, 64 KiB bodies',
    meaning: 'images and scripts: passing bytes on begins to outweigh the heads',
    listener: 'http',
    path: originPaths['64k'],
    ...KEPT_ALIVE,
    headline: 'bytesPerCpuSecond',
    quick: false,
  },
  {
    name: 'body-1m',
    title: 'HTTP, 1 MiB bodies',
    meaning: 'downloads: only passing bytes on counts',
    listener: 'http',
    path: originPaths['1m'],
    ...KEPT_ALIVE,
    headline: 'bytesPerCpuSecond',
    quick: true,
  },
  {
    name: 'close',
    title: 'HTTP, a new connection for every request',
    meaning: 'accepting, setting up and closing a client connection, on top of a request',
    listener: 'http',
    path: originPaths.small,
    headers: CLOSE,
    connections: 64,
    headline: 'cpuPerRequestUs',
    quick: true,
  },
  {
    name: 'saturation',
    title: 'HTTP, 256 kept-alive connections, as fast as one core can',
    meaning: 'the most requests one core answers',
    listener: 'http',
    path: originPaths.small,
    headers: {},
    connections: 256,
    headline: 'requestsPerSecond',
    quick: false,
  },
  {
    name: 'tcp-small',
    title: 'TCP, small messages to and fro on standing connections',
    meaning: 'what a turn of request and answer costs a layer 4 proxy',
    listener: 'tcp',
    path: originPaths.small,
    ...KEPT_ALIVE,
    headline: 'cpuPerRequestUs',
    quick: true,
  },
  {
    name: 'tcp-1m',
    title: 'TCP, 1 MiB at a time on standing connections',
    meaning: 'passing bytes on without looking at them',
    listener: 'tcp',
    path: originPaths['1m'],
    ...KEPT_ALIVE,
    headline: 'bytesPerCpuSecond',
    quick: false,
  },
  {
    name: 'tcp-close',
    title: 'TCP, a new session for every message',
    meaning: 'setting up and closing both sides of a session',
    listener: 'tcp',
    path: originPaths.small,
    headers: CLOSE,
    connections: 64,
    headline: 'cpuPerRequestUs',
    quick: false,
  },
];
