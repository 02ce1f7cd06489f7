import JSONValue

extension MessageBatch {
    /// The messages of a batch in their order, each as if it had come alone.
    ///
    /// Throws where it is not a batch from end to end: then none of its messages counts, as it cannot be said where one
    /// begins. What is wrong with one message shows when it is decoded, and harms none of the others. Properties and
    /// headers that the protocol does not know are left out, as they are of messages that come alone.
    package static func unpack(_ batch: ProtocolEnvelope) throws(MalformedMessage) -> [ProtocolEnvelope] {
        try batch.checkVersion()
        let type = try batch.messageType()
        guard type == .batch else { throw MalformedMessage("type \(type.rawValue) where a batch was expected") }
        guard !batch.body.isEmpty else { throw MalformedMessage("a batch without a message") }
        guard batch.body.count <= maximumBytes else {
            throw MalformedMessage("batch of \(batch.body.count) bytes, at most \(maximumBytes) are allowed")
        }
        guard batch.headers.count <= maximumHeaders else {
            throw MalformedMessage("batch with \(batch.headers.count) headers, at most \(maximumHeaders) are allowed")
        }
        var reader = BatchReader(batch)
        var messages: [ProtocolEnvelope] = []
        while !reader.isAtEnd {
            guard messages.count < maximumCount else {
                throw MalformedMessage("batch of more than \(maximumCount) messages")
            }
            do throws(MalformedMessage) {
                messages.append(try reader.next())
            } catch {
                throw MalformedMessage("message \(messages.count + 1) of the batch: \(error.reason)")
            }
        }
        return messages
    }
}

private struct BatchReader {
    private let bytes: [UInt8]
    private let inherited: ProtocolEnvelope
    private var position = 0

    init(_ batch: ProtocolEnvelope) {
        bytes = batch.body
        inherited = ProtocolEnvelope(
            deliveryMode: batch.deliveryMode, replyTo: batch.replyTo, timestamp: batch.timestamp, appID: batch.appID,
            headers: batch.headers)
    }

    var isAtEnd: Bool { position == bytes.count }

    mutating func next() throws(MalformedMessage) -> ProtocolEnvelope {
        let headLength = try length(of: "head", endingWith: UInt8(ascii: " "))
        let bodyLength = try length(of: "body", endingWith: UInt8(ascii: "\n"))
        guard headLength + bodyLength <= bytes.count - position else {
            throw MalformedMessage(
                "\(headLength) + \(bodyLength) bytes announced, \(bytes.count - position) are left")
        }
        let bodyStart = position + headLength
        var message = inherited
        let isEmpty = bodyLength == 0
        message.contentType = isEmpty ? nil : ProtocolEnvelope.json
        let isPlain = bytes.withUnsafeBytes { bytes in
            var head = PlainHeadReader(UnsafeRawBufferPointer(rebasing: bytes[position..<bodyStart]))
            return head.read(into: &message)
        }
        if !isPlain {
            message = inherited
            message.contentType = isEmpty ? nil : ProtocolEnvelope.json
            try message.read(head: Array(bytes[position..<bodyStart]))
        }
        if message.type == MessageType.batch.rawValue { throw MalformedMessage("a batch within a batch") }
        position = bodyStart + bodyLength
        if !isEmpty { message.body = Array(bytes[bodyStart..<position]) }
        return message
    }

    /// A decimal number without sign or leading zeros.
    private mutating func length(of part: StaticString, endingWith end: UInt8) throws(MalformedMessage) -> Int {
        let start = position
        var value = 0
        while position < bytes.count, case let digit = bytes[position] &- UInt8(ascii: "0"), digit < 10 {
            value = value * 10 + Int(digit)
            position += 1
            guard value <= MessageBatch.maximumBytes else { throw MalformedMessage("length of its \(part) too large") }
        }
        guard position > start, position == start + 1 || bytes[start] != UInt8(ascii: "0") else {
            throw MalformedMessage("length of its \(part) is not a decimal number")
        }
        guard position < bytes.count, bytes[position] == end else {
            throw MalformedMessage(
                "no \(end == UInt8(ascii: " ") ? "space" : "line feed") after the length of its \(part)")
        }
        position += 1
        return value
    }
}

extension ProtocolEnvelope {
    /// Any head, by the JSON parser, which has the last word.
    fileprivate mutating func read(head: [UInt8]) throws(MalformedMessage) {
        let json: JSON
        do {
            json = try JSON(parsing: head)
        } catch {
            throw MalformedMessage("its head is not JSON: \(error.message) at byte \(error.offset)")
        }
        guard case .object(let members) = json else { throw MalformedMessage("its head is not an object") }
        for (name, value) in members {
            guard let property = Property(rawValue: name) else { continue }
            if property == .headers, case .object(let headers) = value, headers.count > MessageBatch.maximumHeaders {
                throw MalformedMessage("\(headers.count) headers, at most \(MessageBatch.maximumHeaders) are allowed")
            }
            let isRight =
                switch value {
                case .null: property == .headers || set(property, nil)
                case .string(let text): set(property, .string(text))
                case .int(let number): set(property, .int(number))
                case .object(let headers): property == .headers && merge(headers)
                default: false
                }
            guard isRight else { throw MalformedMessage("its \(name) is of the wrong kind") }
        }
    }

    private mutating func merge(_ members: JSONObject) -> Bool {
        for (name, value) in members {
            switch value {
            case .string(let text): headers[HeaderName(name)] = .string(text)
            case .int(let number): headers[HeaderName(name)] = .int(number)
            case .null: headers[HeaderName(name)] = nil
            default: break
            }
        }
        return true
    }

    /// - Returns: false where the property's values are of another kind.
    fileprivate mutating func set(_ property: Property, _ value: HeaderValue?) -> Bool {
        switch (property, value) {
        case (.deliveryMode, .int(let number)?):
            guard let mode = UInt8(exactly: number) else { return false }
            deliveryMode = mode
        case (.deliveryMode, nil): deliveryMode = nil
        case (.timestamp, .int(let number)?): timestamp = number
        case (.timestamp, nil): timestamp = nil
        case (.headers, _), (.deliveryMode, _), (.timestamp, _), (_, .int?): return false
        case (_, .string(let text)?): set(property, text: text)
        case (_, nil): set(property, text: nil)
        }
        return true
    }

    private mutating func set(_ property: Property, text: String?) {
        switch property {
        case .type: type = text
        case .correlationID: correlationID = text
        case .messageID: messageID = text
        case .replyTo: replyTo = text
        case .contentType: contentType = text
        case .appID: appID = text
        case .expiration: expiration = text
        case .headers, .deliveryMode, .timestamp: break
        }
    }
}

/// The members of a head.
private enum Property: String {
    case type, headers, timestamp, expiration
    case correlationID = "correlation_id"
    case messageID = "message_id"
    case replyTo = "reply_to"
    case contentType = "content_type"
    case appID = "app_id"
    case deliveryMode = "delivery_mode"

    /// Without a text made of the bytes: this is asked for every member of every message.
    init?(_ bytes: UnsafeRawBufferPointer) {
        func `is`(_ property: Property, _ name: StaticString) -> Property? {
            bytes.elementsEqual(UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
                ? property : nil
        }
        let found: Property? =
            switch bytes.count {
            case 4: `is`(.type, "type")
            case 6: `is`(.appID, "app_id")
            case 7: `is`(.headers, "headers")
            case 8: `is`(.replyTo, "reply_to")
            case 9: `is`(.timestamp, "timestamp")
            case 10: `is`(.messageID, "message_id") ?? `is`(.expiration, "expiration")
            case 12: `is`(.contentType, "content_type")
            case 13: `is`(.deliveryMode, "delivery_mode")
            case 14: `is`(.correlationID, "correlation_id")
            default: nil
            }
        guard let found else { return nil }
        self = found
    }
}

/// Reads the heads that everybody writes: known properties, strings without escapes, integers. Whatever else a head has
/// makes it give up, and the JSON parser reads it.
private struct PlainHeadReader {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func read(into message: inout ProtocolEnvelope) -> Bool {
        members(of: &message, readsHeaders: false) && position == bytes.count
    }

    /// Two levels, of which the second is that of the headers.
    private mutating func members(of message: inout ProtocolEnvelope, readsHeaders: Bool) -> Bool {
        guard skip(UInt8(ascii: "{")) else { return false }
        if skip(UInt8(ascii: "}")) { return true }
        repeat {
            guard let name = string(), skip(UInt8(ascii: ":")), position < bytes.count else { return false }
            if readsHeaders {
                guard message.headers.count < MessageBatch.maximumHeaders, let value = value() else { return false }
                message.headers[HeaderName(name)] = value
            } else if bytes[position] == UInt8(ascii: "{") {
                guard Property(name) == .headers, members(of: &message, readsHeaders: true) else { return false }
            } else {
                guard let property = Property(name), let value = value(), message.set(property, value) else {
                    return false
                }
            }
        } while skip(UInt8(ascii: ","))
        return skip(UInt8(ascii: "}"))
    }

    private mutating func value() -> HeaderValue? {
        guard position < bytes.count else { return nil }
        guard bytes[position] == UInt8(ascii: "\"") else { return number().map(HeaderValue.int) }
        return string().map { .string(String(decoding: $0, as: UTF8.self)) }
    }

    private mutating func skip(_ byte: UInt8) -> Bool {
        while position < bytes.count, bytes[position] == UInt8(ascii: " ") { position += 1 }
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        while position < bytes.count, bytes[position] == UInt8(ascii: " ") { position += 1 }
        return true
    }

    /// Of ASCII alone: whether the rest is UTF-8 is for the JSON parser to say.
    private mutating func string() -> UnsafeRawBufferPointer? {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { return nil }
        let start = position + 1
        var index = start
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") {
                position = index + 1
                return UnsafeRawBufferPointer(rebasing: bytes[start..<index])
            }
            if byte == UInt8(ascii: "\\") || byte < 0x20 || byte >= 0x80 { return nil }
            index += 1
        }
        return nil
    }

    /// Of at most 18 digits, which cannot overflow.
    private mutating func number() -> Int64? {
        let isNegative = bytes[position] == UInt8(ascii: "-")
        let start = isNegative ? position + 1 : position
        var index = start
        var value: Int64 = 0
        while index < bytes.count, case let digit = bytes[index] &- UInt8(ascii: "0"), digit < 10 {
            value = value &* 10 &+ Int64(digit)
            index += 1
        }
        guard (1...18).contains(index - start), index == start + 1 || bytes[start] != UInt8(ascii: "0") else {
            return nil
        }
        // Minus zero is no integer for the JSON parser; a fraction or an exponent is no member's end.
        if isNegative, value == 0 { return nil }
        position = index
        return isNegative ? -value : value
    }
}
