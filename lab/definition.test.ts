import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseLab, type LabDefinition } from './definition.ts';

const lab: LabDefinition = {
  id: 'echo',
  title: 'An echo',
  predict: 'What comes back?',
  server: { program: 'server.ts', port: 9876, ready: 'Listening' },
  clients: ['alice'],
  scenario: [
    { caption: 'Bob connects.', action: { client: 'bob', connects: true } },
    {
      caption: 'He types.',
      action: { client: 'bob', types: 'hello\n' },
      expect: [
        { client: 'bob', receives: 'hello\n' },
        { client: 'alice', receivesNothingFor: 100 },
        { program: 'server', prints: 'Connection' },
      ],
    },
  ],
};

function refusal(changed: unknown): string {
  try {
    parseLab(changed, 'content/chapter/echo/lab.ts', 'echo');
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
  return 'it was accepted';
}

suite('a lab definition', () => {
  test('is accepted, with what the author left out filled in', () => {
    assert.deepEqual(parseLab(lab, 'lab.ts', 'echo').scenario[0]?.expect, []);
  });

  test('names its file and the field at fault', () => {
    const message = refusal({ ...lab, server: { ...lab.server, port: 70_000 } });
    assert.match(message, /content\/chapter\/echo\/lab\.ts/);
    assert.match(message, /server\.port/);
  });

  test('has no fields that nobody reads', () => {
    assert.match(refusal({ ...lab, titel: 'x' }), /titel/);
  });

  test('has programs whose names a reader’s edits can be sent with', () => {
    const named = (length: number) => ({
      ...lab,
      server: { ...lab.server, program: `${'x'.repeat(length)}.ts` },
    });
    assert.equal(refusal(named(60)), 'it was accepted');
    assert.match(refusal(named(61)), /server\.program[^]*60 at most before \.ts/);
  });

  test('lets only connected clients act', () => {
    const scenario = [{ caption: 'Zoe types.', action: { client: 'zoe', types: 'x' } }];
    assert.match(refusal({ ...lab, scenario }), /no client “zoe” is connected at this step/);
  });

  test('knows its programs', () => {
    const scenario = [{ caption: 'x', expect: [{ program: 'sever', prints: 'x' }] }];
    assert.match(refusal({ ...lab, scenario }), /no program “sever”/);
  });

  test('keeps the name “server” for the server', () => {
    assert.match(refusal({ ...lab, clients: ['server'] }), /“server” is taken/);
  });

  test('runs programs of its own folder only', () => {
    const server = { ...lab.server, program: '../../etc/passwd.ts' };
    assert.match(refusal({ ...lab, server }), /server\.program/);
  });
});

suite('a step’s question', () => {
  const asking = (question: unknown, part: Record<string, unknown> = {}): string =>
    refusal({ ...lab, scenario: [{ caption: 'x', question, ...part }] });
  const choices = ['Alice', 'Bob'];

  test('has choices, one or more of them right, or is free', () => {
    for (const question of [
      { asks: 'Who?', choices, right: 'Bob' },
      { asks: 'Who?', choices: [...choices, 'Carol'], right: choices },
      { asks: 'How many?', answer: '3', accepts: ['three'] },
      { asks: 'How many?', answer: '3' },
    ]) {
      assert.equal(asking(question), 'it was accepted');
    }
  });

  test('is not right about what is no choice, or about all of them', () => {
    assert.match(
      asking({ asks: 'Who?', choices, right: 'Bobb' }),
      /question\.right: “Bobb” is not one of the choices: “Alice” or “Bob”\. Did you mean “Bob”\?/,
    );
    assert.match(asking({ asks: 'Who?', choices, right: choices }), /all of the choices are right/);
    assert.match(
      asking({ asks: 'Who?', choices: ['Bob', 'Bob'], right: 'Bob' }),
      /question\.choices: “Bob” is there twice/,
    );
  });

  test('says what is missing', () => {
    assert.match(
      asking({ asks: 'Who?', choices }),
      /there is more to say than “asks” and “choices”/,
    );
    assert.match(asking({ asks: 'Who?', choice: choices }), /Did you mean “choices”\?/);
    assert.match(asking({ asks: 'Who?', choices: ['Bob'], right: 'Bob' }), /at least 2 elements/);
  });

  test('waits, and what follows promptly does not', () => {
    const question = { asks: 'Who?', choices, right: 'Bob' };
    const scenario = [{ caption: 'x' }, { caption: 'y', question, promptly: true }];
    assert.match(refusal({ ...lab, scenario }), /\[1\]\.promptly: a step with a question waits/);
    assert.match(asking(undefined, { promptly: true }), /no step before the first/);
  });
});

suite('a wrong field is named, with what it may be', () => {
  const step = (part: Record<string, unknown>): unknown => ({
    ...lab,
    scenario: [{ caption: 'Something happens.', ...part }],
  });
  const server = (part: Record<string, unknown>): unknown => ({
    ...lab,
    server: { ...lab.server, ...part },
  });
  const patchedWays = [
    { name: 'a', label: 'A' },
    { name: 'b', label: 'B', patch: [{ replace: 'x', by: 'y' }] },
  ];
  const later = { name: 'fetch', program: 'fetch.ts', starts: 'on-demand' };
  const wrong: readonly [what: string, value: unknown, ...parts: string[]][] = [
    ['a field left out', { ...lab, title: undefined }, 'title: is missing: it must be a string'],
    ['an empty one', { ...lab, predict: '' }, 'predict: must not be empty'],
    [
      'one too long',
      { ...lab, title: 'x'.repeat(93) },
      'title: must have at most 80 characters, not 93',
    ],
    [
      'a number out of range',
      server({ port: 70_000 }),
      'server.port: must be at most 65535, not 70000',
    ],
    ['half a port', server({ port: 80.5 }), 'server.port: must be a whole number, not 80.5'],
    [
      'a misspelt field',
      { ...lab, titel: 'x' },
      'there is no field “titel”. Did you mean “title”?',
    ],
    [
      'one of the server',
      server({ redy: 'x' }),
      'server: there is no field “redy”. Did you mean “ready”?',
    ],
    [
      'a field from nowhere',
      server({ colour: 'red' }),
      'no field “colour”. Allowed here: program, ways, forks,',
    ],
    [
      'one client of several',
      { ...lab, clients: ['alice', 5] },
      'clients[1]: must be a string or an object, not 5',
    ],
    [
      'a field of a client',
      { ...lab, clients: [{ name: 'bob', adress: '::1' }] },
      'clients[0]: there is no field “adress”. Did you mean “address”?',
    ],
    [
      'a choice',
      { ...lab, programs: [{ ...later, starts: 'demand' }] },
      'programs[0].starts: must be “before”, “with” or “on-demand”, not “demand”',
    ],
    [
      'a gauge',
      { ...lab, gauges: ['memry'] },
      'gauges[0]: must be “processes”',
      'not “memry”. Did you mean “memory”?',
    ],
    ['a host', { ...lab, hosts: ['A B'] }, 'hosts[0]: is “A B”: write a name as in /etc/hosts'],
    [
      'a misspelt expectation',
      step({ expect: [{ client: 'alice', recieves: 'x' }] }),
      'scenario[0].expect[0]: there is no field “recieves”. Did you mean “receives”?',
    ],
    [
      'an expectation from nowhere',
      step({ expect: [{ client: 'alice', smiles: true }] }),
      'there is no field “smiles”. Allowed here: { client, receives, notBefore }, { client, receivesNothingFor }',
    ],
    [
      'an expectation of two',
      step({ expect: [{ client: 'alice', prints: 'x' }] }),
      '“client” and “prints” don’t go together. Allowed here:',
      '{ client, receives, notBefore }',
      '{ program, prints }',
    ],
    [
      'half an expectation',
      step({ expect: [{ client: 'alice' }] }),
      'scenario[0].expect[0]: there is more to say than “client”. Allowed here: { client, receives, notBefore }',
    ],
    [
      'no expectation',
      step({ expect: ['alice'] }),
      'expect[0]: must be an object, not “alice”. Allowed here:',
    ],
    [
      'a value in an expectation',
      step({ expect: [{ program: 'server', exits: 'x' }] }),
      'scenario[0].expect[0].exits: must be a number, not “x”',
    ],
    [
      'too short a silence',
      step({ expect: [{ client: 'alice', receivesNothingFor: 3 }] }),
      'expect[0].receivesNothingFor: must be at least 50, not 3',
    ],
    [
      'a misspelt action',
      step({ action: { client: 'alice', typs: 'x' } }),
      'scenario[0].action: there is no field “typs”. Did you mean “types”?',
    ],
    [
      'a value in an action',
      step({ action: { client: 'alice', halfCloses: false } }),
      'scenario[0].action.halfCloses: must be true, not false',
    ],
    [
      'a client that is not there',
      step({ action: { client: 'alise', types: 'x' } }),
      'scenario[0].action.client: no client “alise”',
      'Did you mean “alice”?',
    ],
    [
      'a program that is not there',
      step({ expect: [{ program: 'sever', prints: 'x' }] }),
      'scenario[0].expect[0].program: there is no program “sever”',
      'Did you mean “server”?',
    ],
    [
      'a gauge that is not shown',
      step({ expect: [{ gauge: 'cpu', program: 'server', is: 1 }] }),
      'scenario[0].expect[0].gauge: “cpu” is not shown: add it to gauges',
    ],
    [
      'a crowd where there is none',
      step({ action: { crowd: 10, talks: false } }),
      'scenario[0].action.crowd: this lab has no crowd: say so in crowd',
    ],
    [
      'calls that nobody is told of',
      {
        ...lab,
        timeline: false,
        scenario: [{ caption: 'It calls.', expect: [{ program: 'server', calls: 'recv' }] }],
      },
      'scenario[0].expect[0].calls: without a timeline nobody is told of calls',
    ],
    [
      'a program that is traced, on io_uring',
      server({
        traced: true,
        ways: [
          { name: 'loud', label: 'Loud' },
          { name: 'ring', label: 'On io_uring', completes: true },
        ],
      }),
      'server.ways: a program that is traced has no library to run on io_uring',
    ],
    [
      'clients and a timeline of a measurement',
      { ...lab, measures: { kind: 'passes', series: [{ name: 'epoll', label: 'epoll' }] } },
      'clients: this lab is a measurement: it brings its own clients',
      'timeline: this lab is a measurement: nobody is told of its calls',
    ],
    [
      'a measurement on io_uring',
      {
        ...lab,
        server: {
          ...lab.server,
          ways: [
            { name: 'loud', label: 'Loud' },
            { name: 'ring', label: 'On io_uring', completes: true },
          ],
        },
        measures: { kind: 'passes', series: [{ name: 'epoll', label: 'epoll' }] },
      },
      'server.ways: this lab is a measurement: no program that is measured gets io_uring',
    ],
    [
      'two series of one name',
      {
        ...lab,
        measures: { kind: 'servers', own: 'mine', beside: [{ lab: 'own', label: 'another' }] },
      },
      'measures: this lab is a measurement: two series have the name “own”',
    ],
    [
      'a way that is not there',
      {
        ...lab,
        programs: [
          {
            ...later,
            ways: [
              { name: 'loud', label: 'Loud', args: [] },
              { name: 'quiet', label: 'Quiet', args: [] },
            ],
          },
        ],
        scenario: [{ caption: 'x', action: { program: 'fetch', starts: 'lout' } }],
      },
      'scenario[0].action.starts: “fetch” has no way “lout”: write “loud” or “quiet”. Did you mean “loud”?',
    ],
    [
      'the scenario of a way',
      server({
        ways: [
          { name: 'a', label: 'A', args: [] },
          {
            name: 'b',
            label: 'B',
            args: [],
            scenario: [{ caption: 'x', action: { client: 'zoe', types: 'x' } }],
          },
        ],
      }),
      'server.ways[1].scenario[0].action.client: no client “zoe”',
    ],
    [
      'a patch without lines',
      server({
        ways: [
          { name: 'a', label: 'A' },
          { name: 'b', label: 'B', patch: [{ replace: ' ', by: '' }] },
        ],
      }),
      'server.ways[1].patch[0].replace: is “ ”: write the lines of the program that change',
    ],
    [
      'a misspelt field of a patch',
      server({
        ways: [
          { name: 'a', label: 'A' },
          { name: 'b', label: 'B', patch: [{ replace: 'x', wiht: '' }] },
        ],
      }),
      'server.ways[1].patch[0]: there is no field “wiht”',
    ],
    [
      'a file that two programs change in one way',
      {
        ...lab,
        server: { ...lab.server, ways: patchedWays },
        programs: [{ ...later, program: 'server.ts', ways: patchedWays }],
      },
      'programs: two programs have a way “b” that changes server.ts: give one of these ways another name',
    ],
    ['something else altogether', 5, 'the lab: must be an object, not 5'],
  ];
  for (const [what, value, ...parts] of wrong) {
    test(what, () => {
      const message = refusal(value);
      for (const part of parts) {
        assert.ok(message.includes(part), `“${part}” is not in: ${message}`);
      }
    });
  }
});
