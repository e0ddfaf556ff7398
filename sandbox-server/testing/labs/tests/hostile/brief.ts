/** Says a word, and is gone. */
console.log('a last word');
