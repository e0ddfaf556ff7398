/** Waits for something, but not for ever. @returns whether it came about in time */
export async function within(limit: number, work: Promise<void> | undefined): Promise<boolean> {
  const late = Promise.withResolvers<false>();
  const timer = setTimeout(() => late.resolve(false), limit);
  try {
    return await Promise.race([Promise.resolve(work).then(() => true), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
