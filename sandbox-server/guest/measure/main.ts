/**
 * Measures programs inside a sandbox, or outside of one for whoever makes a recording: servers under a load,
 * one after the other, or a program that says what a pass of its loop costs. What counts goes through the
 * feed; the terminal has the same in words.
 * Usage: main.ts --kind servers|passes --clients N --busy N [--milliseconds N] --series JSON [--series JSON]…
 */
import { writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  MEASURE_FEED_VARIABLE,
  measureRecordLine,
  type MeasureRecord,
} from '../../../protocol/measure-feed.ts';
import { keepOthersOut } from '../keep-others-out.ts';
import { readMeasuredProgram } from './measured-program.ts';
import { measurePasses } from './passes.ts';
import { measureServer } from './servers.ts';
import { serverLine, wrapped } from './words.ts';

/** How long clients talk to each server, in milliseconds. */
const USUAL = '2500';

/** Takes the feed’s number out of the environment: no program that is measured has it. */
function openFeed(): (record: MeasureRecord) => void {
  const feed = process.env[MEASURE_FEED_VARIABLE];
  Reflect.deleteProperty(process.env, MEASURE_FEED_VARIABLE);
  if (feed === undefined) return () => {};
  return (record) => void writeSync(Number(feed), measureRecordLine(record));
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      kind: { type: 'string', default: '' },
      clients: { type: 'string', default: '1' },
      busy: { type: 'string', default: '1' },
      milliseconds: { type: 'string', default: USUAL },
      series: { type: 'string', multiple: true, default: [] },
    },
  });
  const told = openFeed();
  keepOthersOut();
  const order = { clients: Number(values.clients), busy: Number(values.busy) };
  for (const text of values.series) {
    const { series, label: name = series, ...given } = readMeasuredProgram(text);
    // As this process was started itself: in a sandbox, types are gone already.
    const command = { ...given, flags: [...process.execArgv, ...given.flags] };
    if (values.kind === 'passes') {
      await measurePasses(command, series, order.busy, told, (line) =>
        console.log(wrapped(`${name}: ${line}`)),
      );
      continue;
    }
    const milliseconds = Number(values.milliseconds);
    let why = '';
    const found = await measureServer({ series, command, order, milliseconds }, (record) => {
      if (record.state === 'skipped') ({ why } = record);
      told(record);
    });
    const { clients, busy } = order;
    console.log(found ? serverLine(name, clients, busy, found) : wrapped(`${name}  ${why}`));
  }
  told({ type: 'measure', state: 'done' });
}

await main();
