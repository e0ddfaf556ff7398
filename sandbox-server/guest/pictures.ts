/**
 * What a client makes of text from its server that is none: a terminal would carry it out. The reader
 * sees a picture of each such character instead, so no server can draw over what the client says, end the
 * marks around what it sends, or leave the terminal in a state that the client doesn't know. Pure.
 */

/** C0 without the tab and the ends of lines, DEL, and C1: ECMA-48, 5.2 and 5.3. */
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;

/** The pictures of C0 in Unicode: ␀ and on. */
const FIRST_PICTURE = 0x2400;
const DELETE = 0x7f;
const PICTURE_OF_DELETE = '␡';
/** C1 has no pictures. */
const OTHER = '\ufffd';

/** The text with every character that a terminal would carry out as its picture. */
export function withPictures(text: string): string {
  return text.replace(CONTROLS, (character) => {
    const code = character.charCodeAt(0);
    if (code === DELETE) return PICTURE_OF_DELETE;
    return code < DELETE ? String.fromCharCode(FIRST_PICTURE + code) : OTHER;
  });
}
