import JSONValue

/// Many messages to one queue as one message of the broker's, which has its price per message and not per byte.
///
/// The body is a sequence of elements, with nothing between them and nothing after: `HEAD BODY\n`, the lengths in bytes
/// as decimal numbers, then the head, then the body as it would be alone. The head is a JSON object of AMQP properties by
/// their AMQP names, and `headers`; `null` is a property that the message does not have. What a head does not name is
/// taken from the batch: `reply_to`, `delivery_mode`, `timestamp`, `app_id` and each of the headers. What a message is,
/// and who it is, is its own affair alone: `type`, `content_type` (`application/json` wherever there is a body),
/// `message_id`, `correlation_id` and `expiration`.
///
/// A batch means what its messages mean one after the other.
package enum MessageBatch {
    /// Messages in one batch.
    package static let maximumCount = 1_000
    /// Of a batch's body: bytes, heads and all.
    package static let maximumBytes = 1 << 20
    /// Headers that the batch or one of its messages may have: they are looked for one by one.
    package static let maximumHeaders = 256
    static let contentType = "application/octet-stream"

    /// A message to be sent, and how many of those handed over are in it.
    package struct Portion: Sendable, Hashable {
        package var message: ProtocolEnvelope
        package var count: Int
    }

    /// All of these as one batch, whatever the limits: whoever cannot know that they are kept uses `portions`.
    package static func pack(_ messages: [ProtocolEnvelope]) -> ProtocolEnvelope {
        pack(messages[...], maximumBytes: .max).message
    }

    /// These messages in their order, in as few as the limits allow. One that is alone stays what it is.
    /// - Parameter atMost: Messages that whoever gets the batch takes in one.
    package static func portions(of messages: [ProtocolEnvelope], atMost: Int = maximumCount) -> [Portion] {
        let most = min(max(1, atMost), maximumCount)
        var portions: [Portion] = []
        var rest = messages[...]
        while let first = rest.first {
            var portion = Portion(message: first, count: 1)
            if most > 1, rest.count > 1, first.body.count < maximumBytes {
                let packed = pack(rest.prefix(most), maximumBytes: maximumBytes)
                if packed.count > 1 { portion = packed }
            }
            portions.append(portion)
            rest = rest.dropFirst(portion.count)
        }
        return portions
    }

    /// As many of the messages as the bytes allow.
    private static func pack(_ messages: ArraySlice<ProtocolEnvelope>, maximumBytes: Int) -> Portion {
        let common = CommonProperties(of: messages)
        var writer = BatchWriter(common, expecting: messages)
        var count = 0
        while count < messages.count, writer.append(messages[messages.startIndex + count], within: maximumBytes) {
            count += 1
        }
        return Portion(
            message: ProtocolEnvelope(
                contentType: contentType, deliveryMode: common.deliveryMode, replyTo: common.replyTo,
                type: MessageType.batch.rawValue, timestamp: common.timestamp, appID: common.appID,
                headers: common.headers, body: writer.body),
            count: count)
    }
}

/// What all messages of a batch have in common stands once, on the batch.
private struct CommonProperties {
    var deliveryMode: UInt8?
    var replyTo: String?
    var timestamp: Int64?
    var appID: String?
    var headers: MessageHeaders

    init(of messages: ArraySlice<ProtocolEnvelope>) {
        guard let first = messages.first else {
            headers = MessageHeaders()
            return
        }
        (deliveryMode, replyTo, timestamp, appID) = (first.deliveryMode, first.replyTo, first.timestamp, first.appID)
        var shared = first.headers
        for message in messages.dropFirst() {
            // Some would be lost with the broker: so the batch has to outlive it.
            if message.deliveryMode != deliveryMode { deliveryMode = 2 }
            if replyTo != nil, message.replyTo != replyTo { replyTo = nil }
            if timestamp != nil, message.timestamp != timestamp { timestamp = nil }
            if appID != nil, message.appID != appID { appID = nil }
            if !shared.isEmpty { shared.removeAll { message.headers[$0.key] != $0.value } }
        }
        headers = shared
    }
}

/// Writes the elements of a batch, heads member by member: this is done for every message of a busy system.
private struct BatchWriter: ~Copyable {
    private let common: CommonProperties
    private var buffer: TextBuffer
    private var head = TextBuffer(capacity: 160)

    init(_ common: CommonProperties, expecting messages: ArraySlice<ProtocolEnvelope>) {
        self.common = common
        buffer = TextBuffer(capacity: messages.reduce(0) { $0 + $1.body.count + 160 })
    }

    var body: [UInt8] { buffer.array() }

    /// - Returns: false where the batch would be too large with it; then it is not in it.
    mutating func append(_ message: ProtocolEnvelope, within maximumBytes: Int) -> Bool {
        head.truncate(to: 0)
        head.append(UInt8(ascii: "{"))
        write("type", message.type)
        write("correlation_id", message.correlationID)
        write("message_id", message.messageID)
        write("expiration", message.expiration)
        if message.contentType != message.usualContentType {
            write("content_type", message.contentType, insteadOf: message.usualContentType)
        }
        if message.replyTo != common.replyTo { write("reply_to", message.replyTo, insteadOf: common.replyTo) }
        if message.appID != common.appID { write("app_id", message.appID, insteadOf: common.appID) }
        if message.deliveryMode != common.deliveryMode {
            write("delivery_mode", message.deliveryMode.map(Int64.init))
        }
        if message.timestamp != common.timestamp { write("timestamp", message.timestamp) }
        if message.headers.count > common.headers.count { writeHeaders(of: message) }
        head.append(UInt8(ascii: "}"))

        let start = buffer.count
        buffer.append(number: Int64(head.count))
        buffer.append(UInt8(ascii: " "))
        buffer.append(number: Int64(message.body.count))
        buffer.append(UInt8(ascii: "\n"))
        guard buffer.count + head.count + message.body.count <= maximumBytes else {
            buffer.truncate(to: start)
            return false
        }
        head.withBytes { buffer.append($0) }
        message.body.withUnsafeBytes { buffer.append($0) }
        return true
    }

    private mutating func writeHeaders(of message: ProtocolEnvelope) {
        begin("headers")
        head.append(UInt8(ascii: "{"))
        var isFirst = true
        for (name, value) in message.headers where common.headers[name] == nil {
            if !isFirst { head.append(UInt8(ascii: ",")) }
            isFirst = false
            head.append(quoting: name.text)
            head.append(UInt8(ascii: ":"))
            switch value {
            case .string(let text): head.append(quoting: text)
            case .int(let number): head.append(number: number)
            }
        }
        head.append(UInt8(ascii: "}"))
    }

    private mutating func begin(_ member: StaticString) {
        head.append(key: member, isFirst: head.count == 1)
    }

    /// - Parameter inherited: What the message would have if its head said nothing.
    private mutating func write(_ member: StaticString, _ text: String?, insteadOf inherited: String? = nil) {
        guard text != nil || inherited != nil else { return }
        begin(member)
        if let text { head.append(quoting: text) } else { head.append("null") }
    }

    private mutating func write(_ member: StaticString, _ number: Int64?) {
        begin(member)
        if let number { head.append(number: number) } else { head.append("null") }
    }
}

extension ProtocolEnvelope {
    /// What a message in a batch has for content type where its head says nothing.
    var usualContentType: String? { body.isEmpty ? nil : Self.json }
}
