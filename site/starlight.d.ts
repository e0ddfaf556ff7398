/** `Astro.locals.starlightRoute`, which Starlight declares for whoever imports it. */
import '@astrojs/starlight';
