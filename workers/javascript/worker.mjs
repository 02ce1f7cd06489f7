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
let channel, isStopping = false;

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

function parse(content) {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(content));
  } catch (error) {
    throw new Failure("InvalidInput", `the input is not JSON: ${error.message}`);
  }
}

async function result(task, handler, content) {
  const version = task.properties.headers["baton-protocol"] ?? 1;
  try {
    if (Number(version) !== 1) throw new Failure("InvalidTask", `protocol version ${version}; this worker speaks 1`);
    const output = await handler(parse(content), { id: task.properties.messageId, signal: task.controller.signal });
    return ["success", JSON.stringify(output ?? null)];
  } catch (error) {
    const name = String(error.error ?? error.name).slice(0, 256);
    return ["failure", JSON.stringify({ error: name, cause: String(error.message).slice(0, 32768) })];
  }
}

async function take(on, message, handler) {
  if (!message) return on.close(); // the queue was deleted: connect and declare it again
  const { properties, content } = message, token = properties.correlationId;
  if (!token || !properties.replyTo) return on.reject(message); // nobody to answer: the broker's policies see to it
  if (tasks.has(token)) return tasks.get(token).copies.push({ on, message }); // is acknowledged with the first
  const task = { properties, controller: new AbortController(), copies: [{ on, message }] };
  tasks.set(token, task);
  const leaseEnd = Date.now() + LEASE, heartbeat = Number(properties.headers["baton-heartbeat-seconds"] ?? Infinity);
  const beats = setInterval(async () => {
    await answer(task, "heartbeat");
    if (Date.now() >= leaseEnd) acknowledge(task); // from now on heartbeats alone keep the task
  }, Math.min(heartbeat * 1000, LEASE) / 3);
  const nobodyWaits = new Promise((resolve) => task.controller.signal.addEventListener("abort", () => resolve()));
  const outcome = await Promise.race([result(task, handler, content), nobodyWaits]);
  clearInterval(beats);
  if (outcome) await answer(task, ...outcome);
  acknowledge(task);
  tasks.delete(token);
}

/** A user who may not do this leaves it to the orchestrator. */
async function bind(queues) {
  const other = await Channel.connect(URL, { name: NAME });
  try {
    await other.assertExchange(`${PREFIX}.control`, "fanout");
    await other.assertExchange(`${PREFIX}.tasks`, "direct");
    for (const [name, queue] of queues) await other.bindQueue(queue, `${PREFIX}.tasks`, `activity.${name}`);
  } catch (error) {
    if (!error.message.startsWith("403")) throw error;
  } finally {
    await other.close();
  }
}

async function serve(activities) {
  const on = (channel = await Channel.connect(URL, { name: NAME }));
  const queues = activities.map((name) => [name, `${PREFIX}.activity.${name}`]);
  for (const [, queue] of queues) await on.assertQueue(queue, { arguments: { "x-queue-type": "quorum" } });
  await bind(queues);
  const control = await on.assertQueue(`${PREFIX}.control.${randomUUID()}`, { durable: false, exclusive: true });
  await on.bindQueue(control, `${PREFIX}.control`, "");
  const cancel = (message) => tasks.get(message?.properties.correlationId)?.controller.abort();
  await on.consume(control, cancel, { noAck: true });
  await on.prefetch(PREFETCH);
  for (const [name, queue] of queues) await on.consume(queue, (message) => take(on, message, handlers[name]));
  while (!isStopping) {
    if (!on.isOpen) throw new Error("the connection is lost");
    await sleep(50);
  }
  for (const [, queue] of queues) await on.cancel(queue);
  for (const end = Date.now() + DRAIN; tasks.size > 0 && on.isOpen && Date.now() < end; ) await sleep(50);
  await on.close();
}

for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => (isStopping = true));
const activities = process.argv.length > 2 ? process.argv.slice(2) : ["greet"];
while (!isStopping) {
  try {
    await serve(activities);
  } catch (error) {
    console.error(`connecting again after ${error.message}`);
    await sleep(1000);
  }
}
process.exit(0);
