"""A TCP proxy before the broker that delays, cuts, half-opens and corrupts; in a thread of its own."""

import asyncio
import threading


class Pump:
    """One direction of a connection. Knows where AMQP's frames begin, so that it can damage one such that the receiver
    can notice: what TCP's own checksum lets through within a message is nothing that a protocol without checksums of
    its own could ever find."""

    def __init__(self, proxy, reader, writer, greets):
        self.proxy, self.reader, self.writer = proxy, reader, writer
        # The client begins with eight bytes that are no frame.
        self.skip = 8 if greets else 0
        self.header = b""
        self.is_frozen = False
        self.corrupts = False

    def damage(self, chunk):
        data, position = bytearray(chunk), 0
        while position < len(data):
            if self.skip:
                step = min(self.skip, len(data) - position)
                self.skip -= step
                position += step
                continue
            if self.corrupts and not self.header:
                self.corrupts = False
                data[position] ^= 0x5A
            take = min(7 - len(self.header), len(data) - position)
            self.header += bytes(data[position:position + take])
            position += take
            if len(self.header) == 7:
                self.skip = int.from_bytes(self.header[3:7], "big") + 1
                self.header = b""
        return bytes(data)

    async def run(self):
        try:
            while chunk := await self.reader.read(1 << 16):
                if self.proxy.delay:
                    await asyncio.sleep(self.proxy.delay)
                chunk = self.damage(chunk)
                # A peer behind a dead router: what is sent goes nowhere, and nothing ends.
                if self.is_frozen:
                    continue
                self.writer.write(chunk)
                await self.writer.drain()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            if not self.is_frozen:
                self.writer.close()


class Proxy:
    def __init__(self, port, target):
        self.port, self.target = port, target
        self.delay = 0.0
        self.pumps = set()
        self.loop = asyncio.new_event_loop()
        started = threading.Event()
        threading.Thread(target=self._run, args=(started,), daemon=True).start()
        assert started.wait(10)

    def _run(self, started):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", self.port))
        started.set()
        self.loop.run_forever()

    async def _serve(self, reader, writer):
        try:
            upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.close()
            return
        pair = (Pump(self, reader, upstream_writer, True), Pump(self, upstream_reader, writer, False))
        self.pumps.update(pair)
        await asyncio.gather(*(pump.run() for pump in pair))
        self.pumps.difference_update(pair)

    def _do(self, action):
        done = threading.Event()

        def run():
            for pump in list(self.pumps):
                action(pump)
            done.set()

        self.loop.call_soon_threadsafe(run)
        done.wait(5)

    def cut(self):
        self._do(lambda pump: pump.writer.transport.abort())

    def half_open(self):
        """The connections of now are dead, and neither side is told. New ones work."""
        self._do(lambda pump: setattr(pump, "is_frozen", True))

    def corrupt(self):
        self._do(lambda pump: setattr(pump, "corrupts", True))
