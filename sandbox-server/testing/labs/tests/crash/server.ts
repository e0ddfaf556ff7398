interface Wanted {
  readonly port: number;
}

const wanted: Wanted = { port: 9876 };
throw new Error(`nothing to be done about port ${wanted.port}`);
