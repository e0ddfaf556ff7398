import { testExercise } from '../../../testing/exercise.ts';

await testExercise('one-buffer', 'wrong');
