import { testExercise } from '../../../testing/exercise.ts';

await testExercise('write-set', 'wrong');
