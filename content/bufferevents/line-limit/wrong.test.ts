import { testExercise } from '../../../testing/exercise.ts';

await testExercise('line-limit', 'wrong');
