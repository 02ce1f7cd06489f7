// As much of AMQP 0-9-1 as a worker needs, on nothing but Node: for machines without a package registry.
// Where there is one, use amqplib; `Channel` has the same methods with nearly the same arguments.
import { EventEmitter } from "node:events";
import net from "node:net";
import tls from "node:tls";

const METHOD = 1, HEADER = 2, BODY = 3, HEARTBEAT = 8, END = 0xce;
// Bits of the content header's property flags, in their order on the wire; the types are those of the specification.
const PROPERTIES = [
  ["contentType", 15, "short"], ["contentEncoding", 14, "short"], ["headers", 13, "table"], ["deliveryMode", 12, "byte"],
  ["priority", 11, "byte"], ["correlationId", 10, "short"], ["replyTo", 9, "short"], ["expiration", 8, "short"],
  ["messageId", 7, "short"], ["timestamp", 6, "long"], ["type", 5, "short"], ["userId", 4, "short"], ["appId", 3, "short"],
];

class Writer {
  parts = [];
  #number(size, write) { const part = Buffer.alloc(size); write(part); this.parts.push(part); return this; }
  byte(value) { return this.#number(1, (part) => part.writeUInt8(value)); }
  int16(value) { return this.#number(2, (part) => part.writeUInt16BE(value)); }
  int32(value) { return this.#number(4, (part) => part.writeUInt32BE(value)); }
  long(value) { return this.#number(8, (part) => part.writeBigUInt64BE(BigInt(value))); }
  short(text) { const bytes = Buffer.from(text); this.byte(bytes.length); this.parts.push(bytes); return this; }
  text(text) { const bytes = Buffer.from(text); this.int32(bytes.length); this.parts.push(bytes); return this; }
  table(object) {
    const inner = new Writer();
    for (const [key, value] of Object.entries(object)) {
      inner.short(key);
      if (typeof value === "boolean") inner.byte(0x74).byte(value ? 1 : 0);
      else if (typeof value === "number") inner.byte(0x6c).#number(8, (part) => part.writeBigInt64BE(BigInt(value)));
      else if (typeof value === "object") inner.byte(0x46).table(value);
      else inner.byte(0x53).text(value);
    }
    const bytes = inner.bytes();
    this.int32(bytes.length);
    this.parts.push(bytes);
    return this;
  }
  bytes() { return Buffer.concat(this.parts); }
}

class Reader {
  constructor(bytes) { this.bytes = bytes; this.at = 0; }
  take(size) { this.at += size; return this.bytes.subarray(this.at - size, this.at); }
  byte() { return this.take(1).readUInt8(); }
  int16() { return this.take(2).readUInt16BE(); }
  int32() { return this.take(4).readUInt32BE(); }
  long() { return Number(this.take(8).readBigUInt64BE()); }
  short() { return this.take(this.byte()).toString(); }
  text() { return this.take(this.int32()).toString(); }
  table() {
    const inner = new Reader(this.take(this.int32())), object = {};
    while (inner.at < inner.bytes.length) object[inner.short()] = inner.value();
    return object;
  }
  value() {
    const kind = String.fromCharCode(this.byte());
    switch (kind) {
      case "t": return this.byte() !== 0;
      case "b": return this.take(1).readInt8();
      case "B": return this.byte();
      case "s": return this.take(2).readInt16BE();
      case "u": return this.int16();
      case "I": return this.take(4).readInt32BE();
      case "i": return this.int32();
      case "l": return Number(this.take(8).readBigInt64BE());
      case "f": return this.take(4).readFloatBE();
      case "d": return this.take(8).readDoubleBE();
      case "D": return this.take(5).subarray(1).readInt32BE();
      case "S": case "x": return this.text();
      case "T": return this.long();
      case "F": return this.table();
      case "A": {
        const inner = new Reader(this.take(this.int32())), list = [];
        while (inner.at < inner.bytes.length) list.push(inner.value());
        return list;
      }
      case "V": return null;
      default: throw new Error(`a field of unknown type ${kind}`);
    }
  }
}

const method = (channel, number, arguments_ = new Writer()) =>
  frame(METHOD, channel, Buffer.concat([new Writer().int16(number >> 16).int16(number & 0xffff).bytes(), arguments_.bytes()]));

function frame(type, channel, payload) {
  return Buffer.concat([new Writer().byte(type).int16(channel).int32(payload.length).bytes(), payload, Buffer.from([END])]);
}

const id = (group, number) => (group << 16) | number;

/** One connection with one channel. Emits "close" with an error, or without one after close(). */
export class Channel extends EventEmitter {
  #socket; #input = Buffer.alloc(0); #replies = []; #consumers = new Map(); #content = null;
  #published = 0; #unconfirmed = new Map(); #returned = new Set(); #frameMax = 131072; #beats; #heard = Date.now();
  isOpen = false;

  /** Connects and opens a channel with publisher confirms. */
  static async connect(url, { name = "node", heartbeat = 20, timeout = 10_000 } = {}) {
    const channel = new Channel();
    const failure = new Promise((_, reject) => {
      channel.once("close", (error) => reject(error ?? new Error("closed")));
      setTimeout(() => reject(new Error(`no connection within ${timeout} ms`)), timeout).unref();
    });
    try {
      await Promise.race([channel.#open(new URL(url), name, heartbeat), failure]);
    } catch (error) {
      channel.#socket?.destroy();
      throw error;
    }
    return channel;
  }

  async #open(url, name, heartbeat) {
    const isSecure = url.protocol === "amqps:";
    const port = Number(url.port) || (isSecure ? 5671 : 5672), host = url.hostname;
    const socket = (this.#socket = isSecure ? tls.connect({ port, host, servername: host }) : net.connect({ port, host }));
    socket.setNoDelay(true);
    socket.on("data", (bytes) => this.#take(bytes));
    socket.on("error", (error) => this.#closed(error));
    socket.on("close", () => this.#closed(new Error("the connection is lost")));
    const start = this.#expect(id(10, 10));
    socket.write("AMQP\0\0\x09\x01");
    await start;
    const user = decodeURIComponent(url.username || "guest"), password = decodeURIComponent(url.password || "guest");
    const capabilities = { publisher_confirms: true, consumer_cancel_notify: true, "basic.nack": true };
    const tune = await this.#call(0, id(10, 11), new Writer().table({ product: "worker", connection_name: name, capabilities })
      .short("PLAIN").text(`\0${user}\0${password}`).short("en_US"), id(10, 30));
    tune.int16();
    this.#frameMax = tune.int32() || this.#frameMax;
    this.#socket.write(method(0, id(10, 31), new Writer().int16(1).int32(this.#frameMax).int16(heartbeat)));
    const host_ = url.pathname.length > 1 ? decodeURIComponent(url.pathname.slice(1)) : "/";
    await this.#call(0, id(10, 40), new Writer().short(host_).short("").byte(0), id(10, 41));
    await this.#call(1, id(20, 10), new Writer().short(""), id(20, 11));
    await this.#call(1, id(85, 10), new Writer().byte(0), id(85, 11));
    this.isOpen = true;
    this.#beats = setInterval(() => {
      if (Date.now() - this.#heard > heartbeat * 2000) return this.#closed(new Error("the broker is silent"));
      this.#socket.write(frame(HEARTBEAT, 0, Buffer.alloc(0)));
    }, heartbeat * 500);
  }

  prefetch(count) { return this.#call(1, id(60, 10), new Writer().int32(0).int16(count).byte(0), id(60, 11)); }
  assertExchange(name, type) {
    return this.#call(1, id(40, 10), new Writer().int16(0).short(name).short(type).byte(0b10).table({}), id(40, 11));
  }
  async assertQueue(name, { durable = true, exclusive = false, arguments: table = {} } = {}) {
    const flags = (durable ? 0b10 : 0) | (exclusive ? 0b100 : 0);
    const answer = await this.#call(1, id(50, 10), new Writer().int16(0).short(name).byte(flags).table(table), id(50, 11));
    return answer.short();
  }
  bindQueue(queue, exchange, key) {
    return this.#call(1, id(50, 20), new Writer().int16(0).short(queue).short(exchange).short(key).byte(0).table({}), id(50, 21));
  }
  /** The handler gets { tag, redelivered, properties, content }, or null where the broker has ended the consumer. */
  async consume(queue, handler, { noAck = false, tag = queue } = {}) {
    this.#consumers.set(tag, handler);
    await this.#call(1, id(60, 20), new Writer().int16(0).short(queue).short(tag).byte(noAck ? 0b10 : 0).table({}), id(60, 21));
    return tag;
  }
  cancel(tag) { return this.#call(1, id(60, 30), new Writer().short(tag).byte(0), id(60, 31)); }
  ack(message) { if (this.isOpen) this.#socket.write(method(1, id(60, 80), new Writer().long(message.tag).byte(0))); }
  reject(message) { if (this.isOpen) this.#socket.write(method(1, id(60, 90), new Writer().long(message.tag).byte(0))); }

  /** Resolves when the broker has confirmed the message; rejects where there is no such queue, or the connection is lost. */
  publish(exchange, key, content, properties) {
    if (!this.isOpen) return Promise.reject(new Error("the channel is closed"));
    const body = Buffer.from(content), values = new Writer();
    let flags = 0;
    for (const [property, bit, type] of PROPERTIES) {
      if (properties[property] === undefined) continue;
      flags |= 1 << bit;
      values[type](properties[property]);
    }
    const head = new Writer().int16(60).int16(0).long(body.length).int16(flags).bytes();
    const parts = [method(1, id(60, 40), new Writer().int16(0).short(exchange).short(key).byte(0b1)),
      frame(HEADER, 1, Buffer.concat([head, values.bytes()]))];
    for (let at = 0; at < body.length; at += this.#frameMax - 8) parts.push(frame(BODY, 1, body.subarray(at, at + this.#frameMax - 8)));
    this.#socket.write(Buffer.concat(parts));
    const number = ++this.#published;
    return new Promise((resolve, reject) => this.#unconfirmed.set(number, { resolve, reject, properties }));
  }

  async close() {
    if (!this.isOpen) return;
    await this.#call(0, id(10, 50), new Writer().int16(200).short("").int16(0).int16(0), id(10, 51)).catch(() => {});
    this.#closed();
  }

  #call(channel, number, arguments_, reply) {
    const answer = this.#expect(reply);
    this.#socket.write(method(channel, number, arguments_));
    return answer;
  }
  #expect(reply) { return new Promise((resolve, reject) => this.#replies.push({ reply, resolve, reject })); }

  #closed(error) {
    if (!this.#socket) return;
    this.isOpen = false;
    clearInterval(this.#beats);
    this.#socket.destroy();
    this.#socket = null;
    const why = error ?? new Error("closed");
    for (const { reject } of [...this.#replies, ...this.#unconfirmed.values()]) reject(why);
    this.emit("close", error);
  }

  #take(bytes) {
    this.#heard = Date.now();
    this.#input = this.#input.length ? Buffer.concat([this.#input, bytes]) : bytes;
    let at = 0;
    while (this.#socket && this.#input.length - at >= 8) {
      const size = this.#input.readUInt32BE(at + 3);
      if (this.#input.length - at < size + 8) break;
      const type = this.#input[at], payload = this.#input.subarray(at + 7, at + 7 + size);
      at += size + 8;
      if (type === METHOD) this.#method(new Reader(payload));
      else if (type === HEADER) this.#header(new Reader(payload));
      else if (type === BODY) this.#body(payload);
    }
    this.#input = this.#input.subarray(at);
  }

  #method(reader) {
    const number = reader.int32();
    switch (number) {
      case id(60, 60): { // deliver
        const consumer = reader.short(), tag = reader.long(), redelivered = reader.byte() === 1;
        this.#content = { consumer, tag, redelivered };
        break;
      }
      case id(60, 50): this.#content = { isReturned: true }; break;
      case id(60, 80): case id(60, 120): // ack and nack of what was published
        this.#confirm(reader.long(), (reader.byte() & 1) === 1, number === id(60, 80));
        break;
      case id(60, 30): { // the broker ends a consumer
        const handler = this.#consumers.get(reader.short());
        handler?.(null);
        break;
      }
      case id(10, 50): case id(20, 40): { // the broker closes connection or channel
        const code = reader.int16(), text = reader.short();
        this.#closed(new Error(`${code} ${text}`));
        break;
      }
      default: {
        const at = this.#replies.findIndex(({ reply }) => reply === number);
        if (at >= 0) this.#replies.splice(at, 1)[0].resolve(reader);
      }
    }
  }

  #header(reader) {
    reader.take(4);
    const size = reader.long(), flags = reader.int16(), properties = { headers: {} };
    for (const [property, bit, type] of PROPERTIES) if (flags & (1 << bit)) properties[property] = reader[type]();
    Object.assign(this.#content, { size, properties, parts: [], received: 0 });
    this.#complete();
  }

  #body(payload) {
    this.#content.parts.push(Buffer.from(payload));
    this.#content.received += payload.length;
    this.#complete();
  }

  #complete() {
    const message = this.#content;
    if (message.received < message.size) return;
    this.#content = null;
    // A return comes before the confirm; correlation id and type say which message it was.
    if (message.isReturned) this.#returned.add(`${message.properties.correlationId} ${message.properties.type}`);
    else this.#consumers.get(message.consumer)?.({ ...message, content: Buffer.concat(message.parts) });
  }

  #confirm(tag, isMultiple, isAck) {
    for (const number of isMultiple ? [...this.#unconfirmed.keys()].filter((number) => number <= tag) : [tag]) {
      const { resolve, reject, properties } = this.#unconfirmed.get(number) ?? {};
      this.#unconfirmed.delete(number);
      if (this.#returned.delete(`${properties?.correlationId} ${properties?.type}`)) reject?.(new Error("there is no such queue"));
      else if (isAck) resolve?.();
      else reject?.(new Error("the broker has not taken the message"));
    }
  }
}
