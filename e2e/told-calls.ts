/** What the timeline of a lab tells of calls. */
import type { LabPage } from './lab-page.ts';

/** A call in `calls` of a timeline, as far as tests look at it. */
export interface ToldCall {
  readonly process: string;
  readonly name: string;
  readonly text: string;
  readonly line: number | null;
  readonly start: number;
  readonly end: number | null;
  readonly client: string | null;
}

/** All that it has shown. */
export async function toldCalls(lab: LabPage): Promise<ToldCall[]> {
  return lab.section
    .locator('[data-timeline]')
    .evaluate((element: Element & { calls?: ToldCall[] }) => element.calls ?? []);
}
