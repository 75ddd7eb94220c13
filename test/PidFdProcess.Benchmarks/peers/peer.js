// child_process: ns from kill to known status, threads with pending waits, what it says of a non-child. Arguments: rounds, waits, PID.
const { spawn } = require('node:child_process');
const { readdirSync } = require('node:fs');
const { setTimeout: sleep } = require('node:timers/promises');

const start = () => spawn('/bin/sleep', ['1000'], { stdio: 'ignore' });
const exited = (child) => new Promise((resolve) => child.once('exit', resolve));

async function main(rounds, waits) {
  const samples = [];
  for (let i = 0; i < rounds; i++) {
    const child = start();
    const exit = exited(child);
    await sleep(2);
    const begin = process.hrtime.bigint();
    child.kill('SIGKILL');
    await exit;
    samples.push(process.hrtime.bigint() - begin);
  }
  console.log(samples.join(' '));

  const children = Array.from({ length: waits }, start);
  const exits = children.map(exited);
  await sleep(500);
  console.log(readdirSync('/proc/self/task').length);
  children.forEach((child) => child.kill('SIGKILL'));
  await Promise.all(exits);
  console.log('has no call for it');
}

main(...process.argv.slice(2).map(Number));
