import { describe, expect, it } from 'vitest';
import { examplesOf, missingLine } from './page.ts';

const PAGE = `# Title

\`\`\`yaml
just: a part
\`\`\`

\`\`\`yaml
# tandem.yaml
upstreams: {}
\`\`\`
Then:
\`\`\`console
$ curl -i http://www.example.com/ \\
    -H 'A: b'
HTTP/1.1 200 OK

hello
$ true
\`\`\`
## Other
\`\`\`console
$ not-run
\`\`\`
`;

describe('the examples of a page', () => {
  it('are the configs that say they are complete, with the commands below them', () => {
    expect(examplesOf('docs/X.md', PAGE)).toEqual([
      {
        page: 'docs/X.md',
        line: 8,
        config: '# tandem.yaml\nupstreams: {}\n',
        steps: [
          {
            line: 13,
            command: "curl -i http://www.example.com/ \\\n    -H 'A: b'",
            expected: ['HTTP/1.1 200 OK', 'hello'],
          },
          { line: 18, command: 'true', expected: [] },
        ],
      },
    ]);
  });
});

describe('expected output', () => {
  const output = 'HTTP/1.1 200 OK\r\nDate: now\r\nETag: "a.b"\r\n\r\nbody\n';

  it('comes in its order, with anything between', () => {
    expect(missingLine(output, ['HTTP/1.1 200 OK', 'body'])).toBeNull();
    expect(missingLine(output, ['body', 'HTTP/1.1 200 OK'])).toBe('HTTP/1.1 200 OK');
    expect(missingLine(output, ['HTTP/1.1 200 OK', 'HTTP/1.1 200 OK'])).toBe('HTTP/1.1 200 OK');
  });

  it('is compared as whole lines, letter by letter but for ...', () => {
    expect(missingLine(output, ['Date: ...'])).toBeNull();
    expect(missingLine(output, ['ETag: "a.b"'])).toBeNull();
    expect(missingLine(output.replace('a.b', 'aXb'), ['ETag: "a.b"'])).not.toBeNull();
    expect(missingLine(output, ['HTTP/1.1 200'])).not.toBeNull();
  });
});
