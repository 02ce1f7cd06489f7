// What the worker can do: yours goes here. A handler takes the input and the task, and returns the output or a promise.
import { setTimeout as sleep } from "node:timers/promises";

/** Fails the task; Retry and Catch match the error. */
export class Failure extends Error {
  constructor(error, cause = "") {
    super(cause);
    this.error = error;
  }
}

async function greet(person, { signal }) {
  if (!person?.name) throw new Failure("Greeting.NoName", "a greeting needs a name");
  await sleep((person.seconds ?? 0) * 1000, undefined, { signal }); // some greetings take their time
  return { text: `Hello, ${person.name}!` };
}

/** For `baton worker check`. */
async function check(task, { signal }) {
  if (task.check === "fail") throw new Failure(task.error, task.cause);
  await sleep((task.seconds ?? 0) * 1000, undefined, { signal });
  return task;
}

export const handlers = { greet, check };
