import { testExercise } from '../../../testing/exercise.ts';

await testExercise('chat-server', 'wrong');
