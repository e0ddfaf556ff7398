import { testExercise } from '../../../testing/exercise.ts';

await testExercise('silent-clients', 'solution', /^Heidi connects/);
