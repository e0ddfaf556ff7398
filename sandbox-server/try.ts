import { CONTENT } from '../project.ts';
import { Reader, serve } from './testing/reader.ts';
const [, , lab = 'two-sockets-blocking'] = process.argv;
await using server = await serve(CONTENT, {READABLE_LOG:'silent'}, lab);
console.log(server.service.isolation);
const reader = await Reader.start(server.port, lab);
await reader.message("ready");
const show = (what: string) => { 
  console.log('==', what);
  for (const m of reader.messages.splice(0)) if (['timeline','kernel','error','gauges'].includes(m.type)) console.log(JSON.stringify(m).slice(0, 900));
};
const sleep = (ms: number) => new Promise((r) => setTimeout(r, ms));
await sleep(1500); show('connected');
reader.type('bob', 'Hello there 1!\n'); await sleep(1200); show('bob typed');
reader.type('alice', 'Hi\n'); await sleep(1500); show('alice typed');
reader.say({type:'stop'}); await reader.end(); show('end');
