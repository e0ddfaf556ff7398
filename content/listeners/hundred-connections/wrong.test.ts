import { testExercise } from '../../../testing/exercise.ts';

await testExercise('hundred-connections', 'wrong');
