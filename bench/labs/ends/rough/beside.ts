/** Runs until it is ended. */
setInterval(() => console.log('still here'), 100);
