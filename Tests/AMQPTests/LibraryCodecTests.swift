import CRabbitMQ
import TestSupport
import Testing

@testable import AMQP

/// The library as the judge of what this module reads and writes itself.
@Suite struct LibraryCodecTests {
    @Test("Tables are written as the library writes them, and read alike", arguments: 1...40 as ClosedRange<UInt64>)
    func tables(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<20 {
            let values = random.table()
            let table = FieldTable(pairs(values))
            let encoded = try encodedByLibrary(values)
            #expect(table.encoded == encoded)
            #expect(table.dictionary == values)
            #expect(try decodedByLibrary(table.encoded) == values)
            #expect(table.isEncodable)
        }
    }

    @Test("Entries that are written in one go are those that are added one by one")
    func inOneGo() {
        var random = SeededGenerator(seed: 1)
        let texts = (0..<50).map { ("text \($0)", random.text(upTo: 300)) }
        let values = [0, -1, Int64(Int32.max), Int64(Int32.min), Int64(Int32.max) + 1, .min, .max]
        let numbers = values.map { ("n\($0)", $0) }
        var expected = FieldTable()
        for (name, text) in texts { expected.append(name, text) }
        for (name, number) in numbers { expected.append(name, number) }
        var size = 0
        for (name, text) in texts { size += FieldWriter.size(name, text) }
        for (name, number) in numbers { size += FieldWriter.size(name, number) }
        func written(size: Int) -> FieldTable {
            FieldTable(size: size) { writer in
                for (name, text) in texts { writer.put(name, text) }
                for (name, number) in numbers { writer.put(name, number) }
            }
        }
        #expect(written(size: size) == expected)
        #expect(written(size: size).isEncodable)
        #expect(!written(size: size - 1).isEncodable)
        let long = String(repeating: "x", count: 256)
        let tooLong = FieldTable(size: FieldWriter.size(long, 1)) { $0.put(long, 1) }
        #expect(!tooLong.isEncodable)
    }

    @Test("Values of all kinds are read as the library reads them", arguments: 1...40 as ClosedRange<UInt64>)
    func foreignTables(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<20 {
            let bytes = random.foreignTable()
            let table = try #require(bytes.withUnsafeBytes { FieldTable(validating: $0) })
            let values = try decodedByLibrary(bytes)
            #expect(table.dictionary == values)
            for (name, value) in values {
                #expect(table[name] == value)
            }
            table.visit { name, field in
                let value = values[String(decoding: name, as: UTF8.self)]
                #expect(field.text == value?.stringValue)
                #expect(field.integer == value?.intValue)
            }
            // Passed on as it came.
            #expect(table.encoded == bytes)
        }
    }

    /// It lets an entry end beyond the table that it is nested in, which neither RabbitMQ nor this module do.
    @Test("What is no table for the library is none", arguments: 1...100 as ClosedRange<UInt64>)
    func damagedTables(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            var bytes = random.foreignTable()
            guard !bytes.isEmpty else { continue }
            if Bool.random(using: &random) { bytes.removeLast(.random(in: 1...bytes.count, using: &random)) }
            if !bytes.isEmpty, Bool.random(using: &random) {
                bytes[.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
            }
            let isTable = bytes.withUnsafeBytes { FieldTable(validating: $0) } != nil
            if isTable { #expect(throws: Never.self, "\(bytes)") { try decodedByLibrary(bytes) } }
        }
    }

    @Test("Properties are written as the library writes them", arguments: 1...40 as ClosedRange<UInt64>)
    func properties(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<20 {
            let properties = random.properties()
            var bytes = [UInt8](repeating: 0, count: properties.encodedSize)
            let isWhole = bytes.withUnsafeMutableBytes { room in
                var writer = WireWriter(room)
                properties.write(into: &writer)
                return writer.isWhole && writer.position == room.count
            }
            #expect(isWhole)
            #expect(bytes == encodedByLibrary(properties))
            var reader = PropertiesReader()
            #expect(bytes.withUnsafeBytes { reader.read($0) } == properties)
        }
    }

    @Test("A publication is its frames one after the other", arguments: [0, 1, 4088, 4089, 20_000])
    func publication(size: Int) {
        var random = SeededGenerator(seed: UInt64(size))
        let message = OutboundMessage(
            exchange: "exchange", routingKey: "key", mandatory: true, properties: random.properties(),
            body: [UInt8](repeating: 7, count: size))
        var output = ByteQueue(capacity: 1)
        let isEncoded = FrameEncoder(frameMax: 4096).encode(message, channel: 9, into: &output)
        #expect(isEncoded)
        let frames: [Frame] = [
            .method(9, .publish(exchange: "exchange", routingKey: "key", mandatory: true)),
            .header(9, bodySize: UInt64(size), message.properties), .body(9, message.body),
        ]
        let bytes = [UInt8](output.bytes)
        #expect(bytes == encode(frames, frameMax: 4096))
    }

    @Test("Acknowledgements are written as the library writes them", arguments: [1, 256, UInt64.max], [true, false])
    func acknowledgement(tag: UInt64, multiple: Bool) {
        var room = [UInt8](repeating: 0, count: 64)
        var arena = Arena()
        let size = room.withUnsafeMutableBytes {
            MethodWriter(room: $0).write(.ack(tag: tag, multiple: multiple), &arena)
        }
        let bytes = encode([.method(3, .ack(tag: tag, multiple: multiple))])
        #expect(bytes == [1, 0, 3, 0, 0, 0, UInt8(size)] + room.prefix(size) + [0xCE])
    }

    // MARK: The library's own

    private func pairs(_ values: [String: AMQPFieldValue]) -> some Sequence<(key: String, value: AMQPFieldValue)> {
        values.lazy.map { ($0.key, $0.value) }
    }

    /// The entries, without the size before them.
    private func encodedByLibrary(_ values: [String: AMQPFieldValue]) throws -> [UInt8] {
        var arena = Arena()
        var table = arena.table(values)
        var room = [UInt8](repeating: 0, count: 100_000)
        var size = 0
        let status = room.withUnsafeMutableBytes {
            amqp_encode_table(amqp_bytes_t(len: $0.count, bytes: $0.baseAddress), &table, &size)
        }
        try #require(status >= 0)
        return [UInt8](room[4..<size])
    }

    private func decodedByLibrary(_ entries: [UInt8]) throws -> [String: AMQPFieldValue] {
        var bytes = withUnsafeBytes(of: UInt32(entries.count).bigEndian) { Array($0) } + entries
        var pool = amqp_pool_t()
        init_amqp_pool(&pool, 4096)
        defer { empty_amqp_pool(&pool) }
        return try bytes.withUnsafeMutableBytes {
            var table = amqp_table_t()
            var offset = 0
            let whole = amqp_bytes_t(len: $0.count, bytes: $0.baseAddress)
            let status = amqp_decode_table(whole, &pool, &table, &offset)
            guard status >= 0, offset == $0.count else { throw AMQPError(.protocolViolation, "no table") }
            return LibraryTable.decode(table)
        }
    }

    private func encodedByLibrary(_ properties: MessageProperties) -> [UInt8] {
        var arena = Arena()
        var raw = amqp_basic_properties_t()
        var flags: Int32 = 0
        func set(
            _ text: String?, _ flag: Int32, _ field: WritableKeyPath<amqp_basic_properties_t, amqp_bytes_t>
        ) {
            guard let text else { return }
            flags |= flag
            raw[keyPath: field] = arena.bytes(text)
        }
        set(properties.contentType, AMQP_BASIC_CONTENT_TYPE_FLAG, \.content_type)
        set(properties.contentEncoding, AMQP_BASIC_CONTENT_ENCODING_FLAG, \.content_encoding)
        set(properties.correlationID, AMQP_BASIC_CORRELATION_ID_FLAG, \.correlation_id)
        set(properties.replyTo, AMQP_BASIC_REPLY_TO_FLAG, \.reply_to)
        set(properties.expiration, AMQP_BASIC_EXPIRATION_FLAG, \.expiration)
        set(properties.messageID, AMQP_BASIC_MESSAGE_ID_FLAG, \.message_id)
        set(properties.type, AMQP_BASIC_TYPE_FLAG, \.type)
        set(properties.userID, AMQP_BASIC_USER_ID_FLAG, \.user_id)
        set(properties.appID, AMQP_BASIC_APP_ID_FLAG, \.app_id)
        if let mode = properties.deliveryMode {
            flags |= AMQP_BASIC_DELIVERY_MODE_FLAG
            raw.delivery_mode = mode
        }
        if let priority = properties.priority {
            flags |= AMQP_BASIC_PRIORITY_FLAG
            raw.priority = priority
        }
        if let timestamp = properties.timestamp {
            flags |= AMQP_BASIC_TIMESTAMP_FLAG
            raw.timestamp = UInt64(timestamp)
        }
        // Its entries as the library reads them, in their order.
        var pool = amqp_pool_t()
        init_amqp_pool(&pool, 4096)
        defer { empty_amqp_pool(&pool) }
        var table = withUnsafeBytes(of: UInt32(properties.headers.encoded.count).bigEndian) { Array($0) }
        table += properties.headers.encoded
        return table.withUnsafeMutableBytes { table in
            if !properties.headers.isEmpty {
                flags |= AMQP_BASIC_HEADERS_FLAG
                var offset = 0
                let whole = amqp_bytes_t(len: table.count, bytes: table.baseAddress)
                #expect(amqp_decode_table(whole, &pool, &raw.headers, &offset) >= 0)
            }
            raw._flags = amqp_flags_t(flags)
            var room = [UInt8](repeating: 0, count: 100_000)
            let size = room.withUnsafeMutableBytes {
                amqp_encode_properties(
                    UInt16(AMQP_BASIC_CLASS), &raw, amqp_bytes_t(len: $0.count, bytes: $0.baseAddress))
            }
            return [UInt8](room.prefix(Int(size)))
        }
    }
}

extension SeededGenerator {
    /// The entries of a table, of all kinds there are, as other clients send them. No name occurs twice.
    fileprivate mutating func foreignTable(depth: Int = 0) -> [UInt8] {
        var bytes: [UInt8] = []
        for index in 0..<Int.random(in: 0...4, using: &self) {
            let name = Array("\(index)\(text())".utf8)
            bytes += [UInt8(name.count)] + name + foreignField(depth: depth)
        }
        return bytes
    }

    private mutating func foreignField(depth: Int) -> [UInt8] {
        func big<Integer: FixedWidthInteger>(_ value: Integer) -> [UInt8] {
            withUnsafeBytes(of: value.bigEndian) { Array($0) }
        }
        func sized(_ kind: Character, _ bytes: [UInt8]) -> [UInt8] {
            Array(String(kind).utf8) + big(UInt32(bytes.count)) + bytes
        }
        let bits = UInt64.random(in: 0 ... .max, using: &self)
        let number = Double(Int.random(in: -1_000_000...1_000_000, using: &self)) / 8
        switch Int.random(in: 0..<(depth < 3 ? 20 : 17), using: &self) {
        case 0: return Array("t".utf8) + [UInt8(bits & 3)]
        case 1: return Array("b".utf8) + big(UInt8(truncatingIfNeeded: bits))
        case 2: return Array("B".utf8) + big(UInt8(truncatingIfNeeded: bits))
        case 3: return Array("s".utf8) + big(UInt16(truncatingIfNeeded: bits))
        case 4: return Array("u".utf8) + big(UInt16(truncatingIfNeeded: bits))
        case 5: return Array("I".utf8) + big(UInt32(truncatingIfNeeded: bits))
        case 6: return Array("i".utf8) + big(UInt32(truncatingIfNeeded: bits))
        case 7: return Array("l".utf8) + big(bits)
        case 8: return Array("L".utf8) + big(bits)
        case 9: return Array("f".utf8) + big(Float(number).bitPattern)
        case 10: return Array("d".utf8) + big(number.bitPattern)
        case 11: return Array("D".utf8) + [UInt8(bits & 7)] + big(UInt32(truncatingIfNeeded: bits))
        case 12: return Array("T".utf8) + big(bits)
        case 13: return Array("V".utf8)
        case 14: return sized("S", Array(text(upTo: 40).utf8))
        case 15: return sized("S", self.bytes(upTo: 10))
        case 16: return sized("x", self.bytes(upTo: 10))
        case 17, 18: return sized("F", foreignTable(depth: depth + 1))
        default:
            var elements: [UInt8] = []
            for _ in 0..<Int.random(in: 0...3, using: &self) { elements += foreignField(depth: depth + 1) }
            return sized("A", elements)
        }
    }
}
