/** Loaded into a server of the tests' own before anything else: SIGIO has it collect its garbage. */
import { collectGarbage } from './collect-garbage.ts';

process.on('SIGIO', collectGarbage);
