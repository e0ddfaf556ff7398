/** What stands in `deploy/` is true: its settings, paths and names are those of the project, and tools take it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import * as z from 'zod';
import { ROOT } from '../project.ts';
import { PLACE_PATH, serverPath } from '../protocol/messages.ts';
import { readConfig, settingTexts } from '../sandbox-server/config.ts';
import { CONFIGURATION, haproxy } from './machines/balancer.ts';

const DEPLOY = join(ROOT, 'deploy');
/** Those of this part of the project; `monitoring/` has tests of its own. */
const FILES = globSync('**/*', { cwd: DEPLOY, withFileTypes: true, exclude: ['monitoring'] })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name));

function read(name: string): string {
  return readFileSync(join(DEPLOY, name), 'utf8');
}

/** The documents of a YAML file, each read as the schema says. */
function documents<T extends z.ZodType>(name: string, schema: T): z.output<T>[] {
  return parseAllDocuments(read(name), { merge: true, strict: true }).map((document) => {
    assert.deepEqual([...document.errors, ...document.warnings], [], name);
    return schema.parse(document.toJS());
  });
}

function only<T>(all: readonly T[]): T {
  const [first, ...more] = all;
  assert.ok(first !== undefined && more.length === 0);
  return first;
}

/** The one match of a pattern’s first group. */
function found(text: string, pattern: RegExp): string {
  const all = [...text.matchAll(new RegExp(pattern, `${pattern.flags}g`))];
  return only(all.map(([, group = '']) => group));
}

/** Runs a tool. @returns what it said */
function run(file: string, ...args: string[]): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(file, args, { encoding: 'utf8' });
  return { status, said: stdout + stderr };
}

test('every setting that is named in deploy/ is one', () => {
  const known = new Set(settingTexts().map(({ name }) => name));
  for (const file of FILES) {
    const named = readFileSync(file, 'utf8').match(/\bREADABLE_[A-Z_]+[A-Z]\b/g) ?? [];
    for (const name of named) assert.ok(known.has(name), `${name} in ${file}`);
  }
});

test('every page that deploy/README.md links to is there', () => {
  for (const [, link = ''] of read('README.md').matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
    assert.ok(existsSync(join(DEPLOY, link)), link);
  }
});

suite('haproxy.cfg', () => {
  const text = read('haproxy.cfg');

  test('is taken by HAProxy', () => {
    const { status, said } = run(haproxy(), '-c', '-f', CONFIGURATION);
    assert.equal(status, 0, said);
    // Its servers have the names of containers, which nobody knows here.
    const others = said.split('\n').filter((line) => line.includes('[WARNING]'));
    for (const line of others) assert.match(line, /could not resolve address 'readable-\d'/);
  });

  test('knows the paths of the protocol', () => {
    assert.equal(found(text, /use_backend places if \{ path_end (\S+) \}/), PLACE_PATH);
    const path = new RegExp(found(text, /if \{ path_reg (\S+) \}/));
    assert.match(`/book${serverPath('readable-1')}`, path);
    assert.doesNotMatch(PLACE_PATH, path);
  });

  test('lists the same servers twice, and keeps their runs over a reload', () => {
    const [first, second, ...more] = text.split(/^backend .*$/m).slice(1);
    const servers = (part = ''): string[] => part.match(/^ +server .*$/gm) ?? [];
    assert.deepEqual(more, []);
    assert.ok(servers(first).length > 1);
    assert.deepEqual(servers(first), servers(second));
    const minutes = Number(found(text, /hard-stop-after (\d+)m/));
    assert.ok(minutes * 60 > readConfig({}).timeLimit);
  });
});

suite('the Containerfile', () => {
  const instructions = read('Containerfile')
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter(Boolean)
    .map((line) => /^([A-Z]+) (.*)$/.exec(line) ?? assert.fail(line))
    .map(([, name = '', rest = '']) => ({ name, rest }));
  const all = (name: string): string[] =>
    instructions.filter((each) => each.name === name).map(({ rest }) => rest);

  test('copies what is there', () => {
    const ignored = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n');
    for (const copied of all('COPY').filter((rest) => !rest.startsWith('--from='))) {
      for (const source of copied.split(' ').slice(0, -1)) {
        assert.ok(existsSync(join(ROOT, source)) && !ignored.includes(source), source);
      }
    }
    assert.ok(ignored.includes('node_modules') && ignored.includes('dist'));
  });

  test('starts the server as npm start does, with an init before it', () => {
    const packageSchema = z.object({ scripts: z.object({ start: z.string() }) });
    const { scripts } = packageSchema.parse(
      JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')),
    );
    const command = z.array(z.string()).parse(JSON.parse(only(all('ENTRYPOINT'))));
    const node = 'node_modules/.bin/node';
    assert.deepEqual(command, [
      ...['/usr/bin/tini', '--'],
      ...scripts.start.replace(/^node/, node).split(' '),
    ]);
  });

  test('builds in what the pages are built with, and says it to the server too', () => {
    const built = settingTexts()
      .map(({ name }) => name)
      .slice(-4);
    assert.deepEqual(all('ARG').sort(), [...built, ...built].sort());
    for (const name of built)
      assert.match(only(all('ENV')), new RegExp(`\\b${name}=\\$${name}\\b`));
  });

  // Those of hadolint’s rules that it could break.
  test('is pinned, small, and nobody’s root', () => {
    for (const image of all('FROM')) assert.match(image, /^\S+:(?!latest)[\w.-]+( AS \w+)?$/);
    for (const folder of all('WORKDIR')) assert.match(folder, /^\//);
    for (const line of all('RUN').filter((each) => each.includes('apt-get install'))) {
      assert.match(
        line,
        /apt-get update .*--yes --no-install-recommends .*rm -rf \/var\/lib\/apt\/lists/,
      );
    }
    assert.match(only(all('USER')), /^[1-9]\d*:[1-9]\d*$/);
    assert.doesNotMatch(read('Containerfile'), /\b(?:sudo|ADD|MAINTAINER|cd) /);
  });
});

suite('compose.yaml', () => {
  const service = z.object({
    environment: z.record(z.string(), z.string()).optional(),
    stop_grace_period: z.string().optional(),
    build: z.object({ context: z.string(), dockerfile: z.string() }).optional(),
    depends_on: z.array(z.string()).optional(),
    volumes: z.array(z.string()).optional(),
  });
  const { services, networks } = only(
    documents(
      'compose.yaml',
      z.object({
        services: z.record(z.string(), service),
        networks: z.object({
          default: z.object({
            ipam: z.object({ config: z.array(z.object({ subnet: z.string() })) }),
          }),
        }),
      }),
    ),
  );
  const { balancer, ...servers } = services;

  test('runs the servers that haproxy.cfg lists, by their names', () => {
    const listed = [...read('haproxy.cfg').matchAll(/^ +server (\S+) (\S+):4321$/gm)];
    const names = Object.keys(servers);
    assert.deepEqual(
      listed.map(([, name, host]) => [name, host]),
      [...names, ...names].map((name) => [name, name]),
    );
    assert.deepEqual(balancer?.depends_on, names);
    for (const [name, { environment = {}, build }] of Object.entries(servers)) {
      assert.equal(environment['READABLE_NAME'], name);
      assert.ok(existsSync(join(DEPLOY, build?.context ?? '', build?.dockerfile ?? '')));
    }
    for (const volume of balancer.volumes ?? []) {
      assert.ok(existsSync(join(DEPLOY, volume.slice(0, volume.indexOf(':')))));
    }
  });

  test('has settings that the server takes, and gives it the time to end', () => {
    const { subnet } = only(networks.default.ipam.config);
    for (const { environment = {}, stop_grace_period: grace = '' } of Object.values(servers)) {
      const { READABLE_HOSTS: hosts = '', ...settings } = environment;
      assert.match(hosts, /^\$\{READABLE_HOSTS:-\S+\}$/);
      assert.deepEqual(readConfig(settings).warnings, []);
      assert.equal(settings['READABLE_PROXY'], subnet);
      assert.ok(Number(/^(\d+)s$/.exec(grace)?.[1]) > Number(settings['READABLE_DRAIN']));
    }
  });
});

suite('kubernetes/', () => {
  const named = z.object({ name: z.string() });
  const probe = z.object({ httpGet: z.object({ path: z.string() }) });
  const container = z.object({
    env: z.array(named.extend({ value: z.string().optional() })),
    startupProbe: probe,
    livenessProbe: probe,
    readinessProbe: probe,
  });
  const set = only(
    documents(
      'kubernetes/statefulset.yaml',
      z.object({
        metadata: named,
        spec: z.object({
          template: z.object({
            spec: z.object({
              terminationGracePeriodSeconds: z.number(),
              containers: z.tuple([container]),
            }),
          }),
        }),
      }),
    ),
  );
  const pod = set.spec.template.spec;
  const [server] = pod.containers;
  const settings = Object.fromEntries(server.env.map(({ name, value }) => [name, value]));
  const services = documents('kubernetes/services.yaml', z.object({ metadata: named })).map(
    ({ metadata }) => metadata.name,
  );
  const [autoscaler] = documents(
    'kubernetes/scaling.yaml',
    z.object({
      spec: z.object({
        maxReplicas: z.number().optional(),
        metrics: z
          .array(
            z.object({
              pods: z.object({
                metric: named,
                target: z.object({ averageValue: z.coerce.number() }),
              }),
            }),
          )
          .optional(),
      }),
    }),
  );

  test('names files that are there', () => {
    const { resources } = only(
      documents('kubernetes/kustomization.yaml', z.object({ resources: z.array(z.string()) })),
    );
    const there = globSync('*.yaml', { cwd: join(DEPLOY, 'kubernetes') });
    assert.deepEqual([...resources, 'kustomization.yaml'].sort(), there.sort());
  });

  test('has settings that the server takes, gives it the time to end, and asks it how it is', () => {
    assert.deepEqual(readConfig(settings).warnings, []);
    assert.ok(pod.terminationGracePeriodSeconds > Number(settings['READABLE_DRAIN']));
    assert.equal(server.startupProbe.httpGet.path, '/healthz');
    assert.equal(server.livenessProbe.httpGet.path, '/healthz');
    assert.equal(server.readinessProbe.httpGet.path, '/readyz');
  });

  test('has a way to every pod that there may be', () => {
    const most = autoscaler?.spec.maxReplicas ?? 0;
    assert.ok(most > 1);
    const pods = Array.from({ length: most }, (_, index) => `${set.metadata.name}-${index}`);
    assert.deepEqual(services, ['readable', 'readable-places', ...pods]);
    const backend = z.object({ service: named });
    const path = z.object({ path: z.string(), pathType: z.string(), backend });
    const rule = z.object({ http: z.object({ paths: z.array(path) }) });
    const ingress = only(
      documents(
        'kubernetes/ingress.yaml',
        z.object({ spec: z.object({ rules: z.tuple([rule]) }) }),
      ),
    );
    const ways = ingress.spec.rules[0].http.paths.map((way) => [
      ...[way.path, way.pathType, way.backend.service.name],
    ]);
    assert.deepEqual(ways, [
      [PLACE_PATH, 'Exact', 'readable-places'],
      ...pods.map((name) => [serverPath(name), 'Exact', name]),
      ['/metrics', 'Exact', 'readable-nobody'],
      ['/', 'Prefix', 'readable'],
    ]);
  });

  test('scales before the places are taken', () => {
    const { pods } = only(autoscaler?.spec.metrics ?? []);
    assert.equal(pods.metric.name, 'readable_places_used');
    assert.ok(pods.target.averageValue < Number(settings['READABLE_SESSIONS']));
  });
});

suite('readable.service', () => {
  const text = read('readable.service');

  test('starts the server as npm start does, and gives it the time to end', () => {
    const start = found(text, /^ExecStart=\/opt\/readable\/node_modules\/\.bin\/(.*)$/m);
    assert.ok(readFileSync(join(ROOT, 'package.json'), 'utf8').includes(`"start": "${start}"`));
    const drain = Number(found(text, /^Environment=READABLE_DRAIN=(\d+)$/m));
    assert.ok(Number(found(text, /^TimeoutStopSec=(\d+)$/m)) > drain);
  });

  test('is taken by systemd', (context) => {
    if (!existsSync('/usr/bin/systemd-analyze')) {
      context.skip('there is no systemd-analyze here');
      return;
    }
    const folder = mkdtempSync(join(tmpdir(), 'readable-unit-'));
    try {
      const unit = join(folder, 'readable.service');
      writeFileSync(unit, text.replaceAll('/opt/readable', ROOT));
      // Others may be installed whose faults are not ours.
      const { said } = run('/usr/bin/systemd-analyze', 'verify', '--recursive-errors=no', unit);
      assert.doesNotMatch(said, /readable\.service/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
