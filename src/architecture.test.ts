import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DOCUMENT = readFileSync(path.join(ROOT, 'ARCHITECTURE.md'), 'utf8');
/** An exchange server of its own: no layer, reached over HTTP. */
const BESIDE_THE_LAYERS = 'demo';

interface Import {
  /** Files below `src/`. */
  readonly from: string;
  readonly to: string;
}

const IMPORTS = readImports();
/** Layers of the drawing, top first. */
const DRAWN = readDrawing();

describe('ARCHITECTURE.md', () => {
  it('draws every module of src once', () => {
    const modules = new Set(
      readdirSync(path.join(ROOT, 'src'))
        .map((name) => name.replace(/(\.test)?\.ts$/, ''))
        .filter((name) => name !== BESIDE_THE_LAYERS && name !== 'architecture'),
    );
    expect(DRAWN.flat().toSorted()).toEqual([...modules].toSorted());
  });

  it('draws layers whose modules import only from the layers below', () => {
    const upwards = IMPORTS.filter(({ from, to }) => {
      const [importer, imported] = [moduleOf(from), moduleOf(to)];
      if (importer === imported || importer === BESIDE_THE_LAYERS) return false;
      if (imported === BESIDE_THE_LAYERS) return importer !== 'daemon';
      return depthOf(imported) <= depthOf(importer);
    });
    expect(upwards).toEqual([]);
  });

  it('draws the layers that lint enforces', () => {
    const enforced = readEnforced();
    for (const [depth, layer] of DRAWN.entries()) {
      for (const name of layer) {
        const beside = layer.filter((other) => other !== name);
        const expected = [...DRAWN.slice(0, depth).flat(), ...beside].toSorted();
        expect([name, enforced.get(name) ?? []]).toEqual([name, expected]);
      }
    }
  });

  it('says what the demo imports', () => {
    const found = IMPORTS.filter(({ from }) => moduleOf(from) === BESIDE_THE_LAYERS)
      .map(({ to }) => moduleOf(to))
      .filter((name) => name !== BESIDE_THE_LAYERS);
    expect([...new Set(found)].toSorted()).toEqual(['domain', 'lib', 'recording']);
  });

  it('names only files and folders that exist', () => {
    const named = [...DOCUMENT.matchAll(/`((?:[\w-]+\/)+(?:[\w-]+\.\w+)?)`/g)].flatMap((match) =>
      match[1] === undefined ? [] : [match[1]],
    );
    expect(named.length).toBeGreaterThan(30);
    const gone = named.filter(
      (name) => !existsSync(path.join(ROOT, name)) && !existsSync(path.join(ROOT, 'src', name)),
    );
    expect(gone).toEqual([]);
  });

  it('gives a reason for every dependency', () => {
    const { dependencies } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const table = DOCUMENT.slice(DOCUMENT.indexOf('## Dependencies'));
    const missing = Object.keys(dependencies).filter(
      (name) => !table.includes(name) && !table.includes(`${path.dirname(name)}/`),
    );
    expect(missing).toEqual([]);
  });
});

describe('the folders below src', () => {
  it('never import each other, not even in a circle of several, at any depth', () => {
    const above = new Map<string, Set<string>>();
    for (const { from, to } of IMPORTS) {
      const [importer, imported] = [path.dirname(from), path.dirname(to)];
      if (importer === imported) continue;
      above.set(importer, (above.get(importer) ?? new Set()).add(imported));
    }
    expect(findCircle(above)).toBeUndefined();
  });

  it('would show a circle', () => {
    const circle = new Map([
      ['a', new Set(['a/b'])],
      ['a/b', new Set(['c'])],
      ['c', new Set(['a'])],
    ]);
    expect(findCircle(circle)).toEqual(['a', 'a/b', 'c', 'a']);
  });
});

function readImports(): readonly Import[] {
  const files = readdirSync(path.join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
  );
  return files.flatMap((from) => {
    const text = readFileSync(path.join(ROOT, 'src', from), 'utf8');
    return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)\.js'/g)].flatMap((match) => {
      const to = path.join(path.dirname(from), `${match[1] ?? ''}.ts`);
      return to.startsWith('..') ? [] : [{ from, to }];
    });
  });
}

/** The first block of the document: names up to the wide gap before what they are for. */
function readDrawing(): readonly (readonly string[])[] {
  const block = /```\n([^`]*)```/.exec(DOCUMENT)?.[1] ?? '';
  return block
    .split('\n')
    .filter((line) => /^[a-z]/.test(line))
    .map((line) => (line.split('  ')[0] ?? '').split(' · '));
}

/** For each module those that lint forbids it to import, as far as they exist. */
function readEnforced(): ReadonlyMap<string, readonly string[]> {
  const { forbidden } = createRequire(import.meta.url)('../.dependency-cruiser.cjs') as {
    forbidden: { name: string; to: { path?: string | readonly string[] } }[];
  };
  const drawn = new Set(DRAWN.flat());
  const suffix = '-imports-down-only';
  return new Map(
    forbidden.flatMap(({ name, to }) => {
      if (!name.endsWith(suffix) || !Array.isArray(to.path)) return [];
      const modules = (to.path as readonly string[]).map(
        (pattern) => /^\^src\/(\w+)/.exec(pattern)?.[1] ?? pattern,
      );
      const known = modules.filter((module) => drawn.has(module)).toSorted();
      return [[name.slice(0, -suffix.length), known] as const];
    }),
  );
}

function moduleOf(file: string): string {
  return (file.split(path.sep)[0] ?? '').replace(/\.ts$/, '');
}

function depthOf(module: string): number {
  return DRAWN.findIndex((layer) => layer.includes(module));
}

/** The folders of a circle in order, the first one again at its end; undefined where there is none. */
function findCircle(graph: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const isDone = new Set<string>();
  const visit = (folder: string, trail: readonly string[]): string[] | undefined => {
    if (trail.includes(folder)) return [...trail.slice(trail.indexOf(folder)), folder];
    if (isDone.has(folder)) return undefined;
    for (const next of graph.get(folder) ?? []) {
      const circle = visit(next, [...trail, folder]);
      if (circle !== undefined) return circle;
    }
    isDone.add(folder);
    return undefined;
  };
  for (const folder of graph.keys()) {
    const circle = visit(folder, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}
