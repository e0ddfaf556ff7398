import { testExercise } from '../../../testing/exercise.ts';

await testExercise('waiting-times', 'solution');
