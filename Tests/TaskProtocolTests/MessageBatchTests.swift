import TaskProtocol
import TestSupport
import Testing

@Suite struct MessageBatchTests {
    static func batch(_ body: String, headers: MessageHeaders = [:]) -> ProtocolEnvelope {
        ProtocolEnvelope(
            contentType: "application/octet-stream", deliveryMode: 2, messageID: "of the batch",
            correlationID: "of the batch", replyTo: "all", type: "batch", timestamp: 7, appID: "app", expiration: "9",
            headers: headers, body: Array(body.utf8))
    }

    static func element(_ head: String, _ body: String = "") -> String {
        "\(head.utf8.count) \(body.utf8.count)\n\(head)\(body)"
    }

    @Test func `it looks like this on the wire`() throws {
        var success = AnswerMessage(token: "0.1.2.s", kind: .success, worker: "w", body: Array(#"{"a":1}"#.utf8))
        success.duration = 0.012
        let started = AnswerMessage(token: "0.1.3.s", kind: .started, worker: "w")
        let packed = MessageBatch.pack([success.encoded(), started.encoded()])
        #expect(packed.type == "batch")
        #expect(packed.contentType == "application/octet-stream")
        #expect(packed.deliveryMode == 2)
        #expect(packed.headers == ["baton-protocol": 1, "baton-worker": "w"])
        let first = #"{"type":"success","correlation_id":"0.1.2.s","headers":{"baton-duration-ms":12}}"#
        let second = #"{"type":"started","correlation_id":"0.1.3.s"}"#
        #expect(
            String(decoding: packed.body, as: UTF8.self)
                == Self.element(first, #"{"a":1}"#) + Self.element(second))
        let unpacked = try MessageBatch.unpack(packed)
        #expect(unpacked == [success.encoded(), started.encoded()])
        #expect(try unpacked.map(AnswerMessage.init(decoding:)) == [success, started])
    }

    @Test func `what a message does not say it takes from the batch, but not who it is`() throws {
        let headers: MessageHeaders = ["a": "batch", "b": 1, "c": "gone"]
        let body = Self.element("{}", "1") + Self.element(#"{"reply_to":"own","headers":{"a":2,"c":null}}"#)
        let messages = try MessageBatch.unpack(Self.batch(body, headers: headers))
        #expect(
            messages == [
                ProtocolEnvelope(
                    contentType: "application/json", deliveryMode: 2, replyTo: "all", timestamp: 7, appID: "app",
                    headers: headers, body: Array("1".utf8)),
                ProtocolEnvelope(
                    deliveryMode: 2, replyTo: "own", timestamp: 7, appID: "app", headers: ["a": 2, "b": 1]),
            ])
    }

    @Test(arguments: [
        #" { "type" : "start" , "message_id" : "n" , "headers" : { "h" : -5 , "t" : "x" } } "#,
        #"{"type":"st\u0061rt","message_id":"n","headers":{"h":-5,"t":"x"}}"#,
        #"{"type":"start","message_id":"n","headers":{"h":-5,"t":"x","z":[{}],"f":1.5},"priority":7,"new":{"x":[]}}"#,
        #"{"type":"x","type":"start","message_id":"n","correlation_id":null,"headers":{"t":"x","h":-5}}"#,
    ])
    func `the same head in other words`(head: String) throws {
        let messages = try MessageBatch.unpack(ProtocolEnvelope(type: "batch", body: Array(Self.element(head).utf8)))
        #expect(messages == [ProtocolEnvelope(messageID: "n", type: "start", headers: ["h": -5, "t": "x"])])
    }

    struct Malformed: Sendable, CustomTestStringConvertible {
        var body: String
        var reason: String
        var testDescription: String { reason }

        init(_ body: String, _ reason: String) { (self.body, self.reason) = (body, reason) }
    }

    static let malformed: [Malformed] = [
        Malformed("", "a batch without a message"),
        Malformed("x", "message 1 of the batch: length of its head is not a decimal number"),
        Malformed("-1 0\n", "message 1 of the batch: length of its head is not a decimal number"),
        Malformed("+2 0\n{}", "message 1 of the batch: length of its head is not a decimal number"),
        Malformed("02 0\n{}", "message 1 of the batch: length of its head is not a decimal number"),
        Malformed("2 00\n{}", "message 1 of the batch: length of its body is not a decimal number"),
        Malformed("2  0\n{}", "message 1 of the batch: length of its body is not a decimal number"),
        Malformed("2\t0\n{}", "message 1 of the batch: no space after the length of its head"),
        Malformed("2 0 \n{}", "message 1 of the batch: no line feed after the length of its body"),
        Malformed("2 0\r\n{}", "message 1 of the batch: no line feed after the length of its body"),
        Malformed("2 0", "message 1 of the batch: no line feed after the length of its body"),
        Malformed("1048577 0\n", "message 1 of the batch: length of its head too large"),
        Malformed("2 99999999999999999999\n{}", "message 1 of the batch: length of its body too large"),
        Malformed("2 1\n{}", "message 1 of the batch: 2 + 1 bytes announced, 2 are left"),
        Malformed("2 0\n{}\n", "message 2 of the batch: length of its head is not a decimal number"),
        Malformed("2 0\n[]", "message 1 of the batch: its head is not an object"),
        Malformed(element(#"{"type":1}"#), "message 1 of the batch: its type is of the wrong kind"),
        Malformed(element(#"{"headers":1}"#), "message 1 of the batch: its headers is of the wrong kind"),
        Malformed(element(#"{"headers":"x"}"#), "message 1 of the batch: its headers is of the wrong kind"),
        Malformed(element(#"{"type":{}}"#), "message 1 of the batch: its type is of the wrong kind"),
        Malformed(element(#"{"type":true}"#), "message 1 of the batch: its type is of the wrong kind"),
        Malformed(element(#"{"timestamp":"1"}"#), "message 1 of the batch: its timestamp is of the wrong kind"),
        Malformed(element(#"{"delivery_mode":256}"#), "message 1 of the batch: its delivery_mode is of the wrong kind"),
        Malformed(element("{}") + element(#"{"type":"batch"}"#), "message 2 of the batch: a batch within a batch"),
        Malformed(String(repeating: element("{}"), count: 1_001), "batch of more than 1000 messages"),
        Malformed(
            element(#"{"headers":{\#((0...256).map { #""h\#($0)":1"# }.joined(separator: ","))}}"#),
            "message 1 of the batch: 257 headers, at most 256 are allowed"),
        Malformed(
            element("{}", String(repeating: " ", count: 1 << 20)), "batch of 1048588 bytes, at most 1048576 are allowed"
        ),
    ]

    @Test(arguments: malformed)
    func `what is no batch from end to end is none at all`(_ malformed: Malformed) {
        #expect(throws: MalformedMessage(malformed.reason)) { try MessageBatch.unpack(Self.batch(malformed.body)) }
    }

    @Test(arguments: ["", "{", "{}}", #"{"type"}"#, #"{"type":"x",}"#, #"{"type":"x""#, "{\"type\":\"\u{1}\"}"])
    func `a head that is not JSON`(head: String) {
        let error = #expect(throws: MalformedMessage.self) { try MessageBatch.unpack(Self.batch(Self.element(head))) }
        #expect(error?.reason.hasPrefix("message 1 of the batch: its head is not JSON: ") == true)
    }

    @Test func `bytes that are not UTF-8 are no head`() {
        let body = Array("12 0\n{\"type\":\"".utf8) + [0xFF] + Array("\"}".utf8)
        #expect(throws: MalformedMessage.self) { try MessageBatch.unpack(ProtocolEnvelope(type: "batch", body: body)) }
    }

    @Test func `a batch with too many headers is refused`() {
        var headers: MessageHeaders = [:]
        for number in 0...MessageBatch.maximumHeaders { headers[HeaderName("h\(number)")] = 1 }
        #expect(throws: MalformedMessage("batch with 257 headers, at most 256 are allowed")) {
            try MessageBatch.unpack(Self.batch(Self.element("{}"), headers: headers))
        }
    }

    @Test func `another version is refused as such, and another type as one`() {
        let foreign = Self.batch(Self.element("{}"), headers: ["baton-protocol": 2])
        #expect(throws: MalformedMessage("protocol version 2 is not known, this is 1", isOfUnknownVersion: true)) {
            try MessageBatch.unpack(foreign)
        }
        #expect(throws: MalformedMessage("type success where a batch was expected")) {
            try MessageBatch.unpack(ProtocolEnvelope(type: "success"))
        }
    }

    // MARK: Whatever messages

    static func random(using random: inout SeededGenerator) -> ProtocolEnvelope {
        let texts = [
            "", "a", "null", "baton.results.0", "0.0123456789.12.0123456789abcdef0123456789abcdef",
            "\"\\\u{0}\u{1F}/é𝄞\n",
        ]
        func maybe<T>(_ value: @autoclosure () -> T) -> T? { Bool.random(using: &random) ? value() : nil }
        func text() -> String { texts.randomElement(using: &random) ?? "" }
        func number() -> Int64 { [0, 1, -1, .max, .min, 1_795_000_000].randomElement(using: &random) ?? 0 }
        var headers: MessageHeaders = [:]
        let names: [HeaderName] = ["baton-state", "baton-worker", "baton-duration-ms", "", "\"\n"]
        for name in names where Bool.random(using: &random) {
            headers[name] = Bool.random(using: &random) ? .string(text()) : .int(number())
        }
        return ProtocolEnvelope(
            contentType: maybe(["application/json", "text/plain", ""].randomElement(using: &random) ?? ""),
            deliveryMode: maybe(UInt8.random(in: 1...2, using: &random)), messageID: maybe(text()),
            correlationID: maybe(text()), replyTo: maybe(text()),
            type: maybe(["success", "start", "x\"y", ""].randomElement(using: &random) ?? ""),
            timestamp: maybe(number()), appID: maybe(text()), expiration: maybe(text()), headers: headers,
            body: (0..<Int.random(in: 0...40, using: &random)).map { _ in .random(in: 0...255, using: &random) })
    }

    @Test func `whatever is packed comes out as it was`() throws {
        var random = SeededGenerator(seed: .random(in: 0 ... .max))
        for _ in 0..<300 {
            var messages = (0..<Int.random(in: 1...12, using: &random)).map { _ in Self.random(using: &random) }
            if Bool.random(using: &random), let first = messages.first {
                for index in messages.indices {
                    messages[index].headers = first.headers
                    messages[index].replyTo = first.replyTo
                }
            }
            let packed = MessageBatch.pack(messages)
            #expect(try MessageBatch.unpack(packed) == messages)
        }
    }

    @Test func `a batch that was cut off or goes on is refused, wherever that is`() {
        var random = SeededGenerator(seed: .random(in: 0 ... .max))
        for _ in 0..<20 {
            let messages = (0..<Int.random(in: 1...3, using: &random)).map { _ in Self.random(using: &random) }
            var packed = MessageBatch.pack(messages)
            let whole = packed.body
            var ends: Set<Int> = []
            for count in 1...messages.count { ends.insert(Self.end(ofMessage: count, in: whole)) }
            for length in 0..<whole.count where !ends.contains(length) {
                packed.body = Array(whole.prefix(length))
                #expect(throws: MalformedMessage.self, "\(length) of \(whole)") { try MessageBatch.unpack(packed) }
            }
            for extra: [UInt8] in [[0x0A], [0x20], [0x30], [0x7B]] {
                packed.body = whole + extra
                #expect(throws: MalformedMessage.self) { try MessageBatch.unpack(packed) }
            }
        }
    }

    /// Where only whole messages are missing, nothing tells.
    static func end(ofMessage count: Int, in bytes: [UInt8]) -> Int {
        var position = 0
        for _ in 0..<count {
            let lineEnd = bytes[position...].firstIndex(of: 0x0A) ?? bytes.endIndex
            let lengths = String(decoding: bytes[position..<lineEnd], as: UTF8.self).split(separator: " ")
            position = lineEnd + 1 + lengths.compactMap { Int($0) }.reduce(0, +)
        }
        return position
    }

    // MARK: Portions

    @Test func `as few messages as the limits allow, in their order`() throws {
        let sizes = [10, 600_000, 400_000, 100_000, 2_000_000, 5, 5, 1_048_570, 5]
        let messages = sizes.enumerated().map { number, size in
            ProtocolEnvelope(correlationID: "\(number)", body: [UInt8](repeating: 0x20, count: size))
        }
        let portions = MessageBatch.portions(of: messages)
        #expect(portions.map(\.count) == [3, 1, 1, 2, 1, 1])
        var unpacked: [ProtocolEnvelope] = []
        for portion in portions {
            if portion.count == 1 {
                unpacked.append(portion.message)
            } else {
                #expect(portion.message.body.count <= MessageBatch.maximumBytes)
                unpacked += try MessageBatch.unpack(portion.message)
            }
        }
        #expect(unpacked.map(\.correlationID) == messages.map(\.correlationID))
        #expect(portions.filter { $0.count == 1 }.allSatisfy { $0.message.type == nil })
    }

    @Test(arguments: [(0, []), (1, [1]), (1_000, [1_000]), (1_001, [1_000, 1]), (2_500, [1_000, 1_000, 500])])
    func `no batch has more messages than it may`(count: Int, portions: [Int]) {
        let messages = [ProtocolEnvelope](repeating: ProtocolEnvelope(type: "started"), count: count)
        #expect(MessageBatch.portions(of: messages).map(\.count) == portions)
        #expect(MessageBatch.portions(of: messages, atMost: 1).count == count)
        #expect(MessageBatch.portions(of: messages, atMost: 0).count == count)
    }
}
