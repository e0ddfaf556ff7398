import { testExercise } from '../../../testing/exercise.ts';

await testExercise('short-nap', 'solution');
