/** The programs that exist only as a file and a way’s patch: they are held to what files are held to. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import prettier from 'prettier';
import ts from 'typescript';
import { FORBIDDEN_IMPORTS } from '../lab/imports.ts';
import { ROOT } from '../project.ts';
import { wayTexts } from '../sandbox-server/labs.ts';
import { LABS } from './labs.ts';

/** Each under a name of its own beside the file that it is made from, where its imports are found. */
const patched = new Map(
  [...LABS.values()].flatMap((lab) =>
    wayTexts(lab).map(({ way, file, text }) => [
      join(lab.folder, file.replace(/\.ts$/, `.${way}.ts`)),
      text,
    ]),
  ),
);

suite('what a way makes of a program', () => {
  test('has no errors of types', () => {
    assert.ok(patched.size > 0);
    const parsed = ts.getParsedCommandLineOfConfigFile(
      join(ROOT, 'tsconfig.json'),
      { types: ['node'] },
      {
        ...ts.sys,
        onUnRecoverableConfigFileDiagnostic: ({ messageText }) =>
          assert.fail(ts.flattenDiagnosticMessageText(messageText, '\n')),
      },
    );
    assert.ok(parsed);
    const { options } = parsed;
    const files = ts.createCompilerHost(options);
    const host: ts.CompilerHost = {
      ...files,
      fileExists: (name) => patched.has(name) || files.fileExists(name),
      getSourceFile: (name, version, ...rest) => {
        const text = patched.get(name);
        return text === undefined
          ? files.getSourceFile(name, version, ...rest)
          : ts.createSourceFile(name, text, version);
      },
    };
    const program = ts.createProgram([...patched.keys()], options, host);
    const errors = [...patched.keys()].flatMap((name) => {
      const source = program.getSourceFile(name);
      assert.ok(source, name);
      return [
        ...program.getSyntacticDiagnostics(source),
        ...program.getSemanticDiagnostics(source),
      ];
    });
    assert.equal(ts.formatDiagnostics(errors, host), '');
  });

  test('is formatted as programs are', async () => {
    const options = await prettier.resolveConfig(join(ROOT, 'lab', 'patch.ts'));
    for (const [path, text] of patched) {
      const formatted = await prettier.format(text, { ...options, parser: 'typescript' });
      assert.equal(text, formatted, path);
    }
  });

  test('imports nothing that a program may not', () => {
    for (const [path, text] of patched) {
      const imports = ts.preProcessFile(text).importedFiles.map(({ fileName }) => fileName);
      assert.deepEqual(
        imports.filter((name) => FORBIDDEN_IMPORTS.includes(name)),
        [],
        path,
      );
    }
  });
});
