/** The programs of a lab, for the editor: `/programs/echo-listener.json`. */
import type { APIRoute, GetStaticPaths } from 'astro';
import { definitions, programs } from '../../../components/book.ts';
import { labFile } from '../../../lab/folder.ts';
import { shownExercise, shownPrograms } from '../../../lab/shown-programs.ts';

export const getStaticPaths = (() =>
  Object.keys(definitions).map((path) => ({
    params: { lab: labFile(path).id },
  }))) satisfies GetStaticPaths;

export const GET: APIRoute = ({ params: { lab = '' } }) =>
  Response.json({
    files: shownPrograms(lab, definitions, programs),
    exercise: shownExercise(lab, definitions, programs),
  });
