import { testExercise } from '../../../testing/exercise.ts';

await testExercise('borrowed-memory', 'solution');
