import { testExercise } from '../../../testing/exercise.ts';

await testExercise('ten-children', 'wrong');
