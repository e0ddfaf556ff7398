import { testExercise } from '../../../testing/exercise.ts';

await testExercise('three-clients', 'wrong');
