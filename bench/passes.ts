import { join } from 'node:path';
import { MEASURE_BUSY, type MeasureRecord } from '../protocol/measure-feed.ts';
import { CONTENT } from '../project.ts';
import { measurePasses, readEnd } from '../sandbox-server/guest/measure/passes.ts';
import { loadLabs } from '../sandbox-server/labs.ts';
import type { Effort, Report, Row } from './report.ts';
import { median } from './statistics.ts';

/** The lab whose chart the recording stands behind. */
const LAB = 'dispatch-cost';

const FLAGS = ['--disable-warning=ExperimentalWarning'];
/** Only recorded: a sandbox has io_uring for a lab that is about it. A base on it watches descriptors by epoll, through the ring. */
const RING = {
  ...{ name: 'ring', label: 'epoll through io_uring', method: 'epoll' },
  executable: '/usr/bin/env',
  flags: ['EVENT_COMPLETION=1', process.execPath, ...FLAGS],
};

type Passed = Extract<MeasureRecord, { state: 'passed' }>;

/** What a pass of a loop costs, as the program of the lab says it. */
export async function passes({ rounds }: Effort): Promise<Report> {
  const lab = (await loadLabs(CONTENT, LAB)).get(LAB);
  const measures = lab?.definition.measures;
  if (!lab || measures?.kind !== 'passes') throw new Error(`${LAB} measures no passes`);
  const { program, port, ready, descriptors } = lab.definition.server;
  const usual = measures.series.map((each) => ({ ...each, method: each.name, flags: FLAGS }));
  const measured = [...usual, RING];
  const samples = new Map<string, Passed[]>();
  const faults: string[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const busy of MEASURE_BUSY) {
      for (const { name, label, method, ...how } of measured) {
        const file = join(lab.folder, program);
        const args = [method, String(busy)];
        const command = { ...how, ...{ file, port, ready, descriptors, args } };
        // A program that says where its method ends has not failed: select(2) does, at 1,024.
        let hasEnded = false;
        const said = (line: string): void => {
          hasEnded ||= readEnd(line) !== undefined;
        };
        const told = (record: MeasureRecord): void => {
          if (record.state === 'skipped' && !hasEnded) faults.push(`${label}: ${record.why}`);
          if (record.state !== 'passed') return;
          const key = `${name} ${busy} ${record.descriptors}`;
          samples.set(key, [...(samples.get(key) ?? []), record]);
        };
        await measurePasses(command, name, busy, told, said);
      }
    }
  }
  const series = measured.map(({ name, label }) => ({
    ...{ name, label },
    points: [...samples].flatMap(([key, all]): Passed[] => {
      const [first] = all;
      if (!first || !key.startsWith(`${name} `)) return [];
      return [{ ...first, micros: median(all.map(({ micros }) => micros)) }];
    }),
  }));
  const rows: Row[] = series.flatMap(({ label, points }) =>
    points.map(({ busy, descriptors: watched, micros }) => {
      return { loop: label, descriptors: watched, busy, micros };
    }),
  );
  const notes = ['micros is what a pass of the loop takes, of which `busy` descriptors are ready.'];
  return { rows, notes, faults, recording: { lab: LAB, series } };
}
