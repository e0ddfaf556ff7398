import { testExercise } from '../../../testing/exercise.ts';

await testExercise('close-in-the-parent', 'wrong');
