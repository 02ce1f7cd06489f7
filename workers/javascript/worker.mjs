// A worker in JavaScript, from the worker protocol alone: node worker.mjs [ACTIVITY...]
import { randomUUID } from "node:crypto";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { Channel } from "./amqp.mjs";
import { Failure, handlers } from "./handlers.mjs";

const { env } = process;
const URL = env.BATON_AMQP_URL || "amqp://guest:guest@localhost:5672/", PREFIX = env.BATON_PREFIX || "baton";
const NAME = env.BATON_WORKER_IDENTITY || `node:${process.pid}`, PREFETCH = Number(env.BATON_WORKER_PREFETCH || 10);
const LEASE = Number(env.BATON_WORKER_LEASE || 600) * 1000, DRAIN = Number(env.BATON_WORKER_DRAIN_TIMEOUT || 25) * 1000;
const tasks = new Map(); // by token, those that are not answered yet; they outlive a connection
const stop = new AbortController();
let channel;

/** Resolves when the broker has confirmed it; tries again while broker or results queue are away. */
async function answer(task, type, body = "") {
  const { correlationId, replyTo } = task.properties, headers = { "baton-protocol": 1, "baton-worker": NAME };
  const properties = { type, correlationId, headers, deliveryMode: 2, contentType: "application/json" };
  for (let pause = 200; !task.controller.signal.aborted; pause = Math.min(pause * 2, 5000)) {
    try {
      return await channel.publish("", replyTo, body, properties);
    } catch {
      await sleep(pause);
    }
  }
}

/** On a channel that is closed there is nothing to acknowledge: the broker has taken the task back. */
function acknowledge(task) {
  for (const { on, message } of task.copies.splice(0)) on.ack(message);
}

async function result(task, handler, content) {
  try {
    const version = task.properties.headers["baton-protocol"] ?? 1;
    if (Number(version) !== 1) throw new Failure("InvalidTask", `protocol version ${version}; this worker speaks 1`);
    let input;
    try {
      input = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(content));
    } catch (error) {
      throw new Failure("InvalidInput", `the input is not JSON: ${error.message}`);
    }
    const output = await handler(input, { id: task.properties.messageId, signal: task.controller.signal });
    return ["success", JSON.stringify(output ?? null)];
  } catch (error) {
    const name = String(error.error ?? error.name).slice(0, 256);
    return ["failure", JSON.stringify({ error: name, cause: String(error.message).slice(0, 32768) })];
  }
}

async function work(task, handler, content) {
  const { signal } = task.controller, heartbeat = Number(task.properties.headers["baton-heartbeat-seconds"] || Infinity) * 1000;
  const leaseEnd = Date.now() + LEASE;
  const beats = setInterval(async () => {
    await answer(task, "heartbeat");
    if (Date.now() >= leaseEnd) acknowledge(task); // from now on heartbeats alone keep the task
  }, Math.min(heartbeat, LEASE) / 3);
  const nobodyWaits = new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
  const outcome = await Promise.race([result(task, handler, content), nobodyWaits]);
  clearInterval(beats);
  if (outcome && !signal.aborted) await answer(task, ...outcome);
  acknowledge(task);
  tasks.delete(task.properties.correlationId);
}

function take(on, message, handler) {
  if (!message) return on.close(); // the queue was deleted: connect and declare it again
  const { correlationId, replyTo } = message.properties;
  if (!correlationId || !replyTo) return on.reject(message); // nobody to answer: the broker's policies see to it
  const known = tasks.get(correlationId); // a copy of what is being worked on is acknowledged with it
  if (known) return known.copies.push({ on, message });
  const task = { properties: message.properties, controller: new AbortController(), copies: [{ on, message }] };
  tasks.set(correlationId, task);
  work(task, handler, message.content);
}

/** A user who may not do this leaves it to the orchestrator. */
async function bind(activities) {
  const other = await Channel.connect(URL, { name: NAME });
  try {
    await other.assertExchange(`${PREFIX}.tasks`, "direct");
    await other.assertExchange(`${PREFIX}.control`, "fanout");
    for (const activity of activities) await other.bindQueue(`${PREFIX}.activity.${activity}`, `${PREFIX}.tasks`, `activity.${activity}`);
  } catch (error) {
    if (!error.message.startsWith("403")) throw error;
  } finally {
    await other.close();
  }
}

async function serve(activities) {
  const opened = (channel = await Channel.connect(URL, { name: NAME }));
  const closed = new Promise((resolve) => opened.once("close", resolve));
  for (const activity of activities) await opened.assertQueue(`${PREFIX}.activity.${activity}`, { arguments: { "x-queue-type": "quorum" } });
  await bind(activities);
  const control = await opened.assertQueue(`${PREFIX}.control.${randomUUID()}`, { durable: false, exclusive: true });
  await opened.bindQueue(control, `${PREFIX}.control`, "");
  await opened.consume(control, (message) => tasks.get(message?.properties.correlationId)?.controller.abort(), { noAck: true });
  await opened.prefetch(PREFETCH);
  for (const activity of activities) {
    await opened.consume(`${PREFIX}.activity.${activity}`, (message) => take(opened, message, handlers[activity]), { tag: activity });
  }
  const stopped = new Promise((resolve) => (stop.signal.aborted ? resolve() : stop.signal.addEventListener("abort", resolve)));
  await Promise.race([stopped, closed]);
  if (!stop.signal.aborted) throw new Error("the connection is lost");
  for (const activity of activities) await opened.cancel(activity);
  for (const end = Date.now() + DRAIN; tasks.size > 0 && opened.isOpen && Date.now() < end; ) await sleep(50);
  await opened.close();
}

for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => stop.abort());
const activities = process.argv.length > 2 ? process.argv.slice(2) : ["greet"];
while (!stop.signal.aborted || tasks.size > 0) {
  try {
    await serve(activities);
    break;
  } catch (error) {
    console.error(`connecting again after ${error.message}`);
    await sleep(1000);
  }
}
process.exit(0);
