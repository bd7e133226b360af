/** Which tests run on both engines. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where tests get an engine from: the one that TANDEM_TEST_IO names. */
const ENGINE = 'proxy/io/test-engine.fixture.ts';
/** How a file names another: in an import, or in the URL of a thread or process that it starts. */
const FILE_NAME = /['"]([\w./-]+\.ts)['"]/g;

/**
 * Test files of proxy/ that reach an engine, by whatever imports or starts they make: relative to `root`,
 * without those for the lab. All others would do the same twice.
 */
export function testsOnBothEngines(root: string): string[] {
  const named = new Map<string, readonly string[]>();
  const filesNamedIn = (file: string): readonly string[] => {
    const known = named.get(file);
    if (known !== undefined) return known;
    const text = readFileSync(join(root, file), 'utf8');
    const others = Array.from(text.matchAll(FILE_NAME), ([, name]) => join(dirname(file), name!));
    const found = others.filter((other) => existsSync(join(root, other)));
    named.set(file, found);
    return found;
  };
  const reaches = (file: string, seen: Set<string>): boolean => {
    if (file === ENGINE) return true;
    if (seen.has(file)) return false;
    seen.add(file);
    return filesNamedIn(file).some((other) => reaches(other, seen));
  };
  const tests = globSync('proxy/**/*.test.ts', { cwd: root, exclude: ['**/*.lab.test.ts'] });
  return tests.filter((test) => reaches(test, new Set())).sort();
}
