/** A font with no more than the glyphs of a text: what is used here of a package without types. */
declare module 'subset-font' {
  export default function subsetFont(
    font: Buffer,
    text: string,
    options: { targetFormat: 'woff2'; noHinting: boolean; noLayoutClosure: boolean },
  ): Promise<Buffer>;
}
