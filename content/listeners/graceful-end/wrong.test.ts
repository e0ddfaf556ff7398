import { testExercise } from '../../../testing/exercise.ts';

await testExercise('graceful-end', 'wrong');
