/// The properties of the basic class (AMQP 0-9-1, 1.8 and 4.2.6.1): flags that say which of them follow, then these.
///
/// Not by librabbitmq, for which every message would be copied into its structures and out of them again.
enum PropertyFlag {
    static let contentType: UInt16 = 1 << 15
    static let contentEncoding: UInt16 = 1 << 14
    static let headers: UInt16 = 1 << 13
    static let deliveryMode: UInt16 = 1 << 12
    static let priority: UInt16 = 1 << 11
    static let correlationID: UInt16 = 1 << 10
    static let replyTo: UInt16 = 1 << 9
    static let expiration: UInt16 = 1 << 8
    static let messageID: UInt16 = 1 << 7
    static let timestamp: UInt16 = 1 << 6
    static let type: UInt16 = 1 << 5
    static let userID: UInt16 = 1 << 4
    static let appID: UInt16 = 1 << 3
    /// Another word of flags follows.
    static let more: UInt16 = 1
}

/// Reads properties; remembers what is the same in most messages.
struct PropertiesReader {
    private var contentType = RepeatedText()
    private var replyTo = RepeatedText()
    private var type = RepeatedText()
    private var appID = RepeatedText()

    /// - Returns: nil where the bytes are no properties.
    mutating func read(_ bytes: UnsafeRawBufferPointer) -> MessageProperties? {
        var reader = WireReader(bytes)
        guard let flags = reader.integer(UInt16.self) else { return nil }
        var more = flags
        while more & PropertyFlag.more != 0 {
            guard let next = reader.integer(UInt16.self) else { return nil }
            more = next
        }
        func has(_ flag: UInt16) -> Bool { flags & flag != 0 }
        func text(_ flag: UInt16, _ text: inout String?) -> Bool {
            guard has(flag) else { return true }
            guard let bytes = reader.shortString() else { return false }
            text = String(decoding: bytes, as: UTF8.self)
            return true
        }
        func text(_ flag: UInt16, _ text: inout String?, _ repeated: inout RepeatedText) -> Bool {
            guard has(flag) else { return true }
            guard let bytes = reader.shortString() else { return false }
            text = repeated.text(bytes)
            return true
        }
        var properties = MessageProperties()
        guard text(PropertyFlag.contentType, &properties.contentType, &contentType),
            text(PropertyFlag.contentEncoding, &properties.contentEncoding)
        else { return nil }
        if has(PropertyFlag.headers) {
            guard let size = reader.integer(UInt32.self), let table = reader.take(Int(size)),
                let headers = FieldTable(validating: table)
            else { return nil }
            properties.headers = headers
        }
        if has(PropertyFlag.deliveryMode) {
            guard let mode = reader.integer(UInt8.self) else { return nil }
            properties.deliveryMode = mode
        }
        if has(PropertyFlag.priority) {
            guard let priority = reader.integer(UInt8.self) else { return nil }
            properties.priority = priority
        }
        guard text(PropertyFlag.correlationID, &properties.correlationID),
            text(PropertyFlag.replyTo, &properties.replyTo, &replyTo),
            text(PropertyFlag.expiration, &properties.expiration),
            text(PropertyFlag.messageID, &properties.messageID)
        else { return nil }
        if has(PropertyFlag.timestamp) {
            guard let seconds = reader.integer(UInt64.self) else { return nil }
            properties.timestamp = Int64(clamping: seconds)
        }
        guard text(PropertyFlag.type, &properties.type, &type), text(PropertyFlag.userID, &properties.userID),
            text(PropertyFlag.appID, &properties.appID, &appID)
        else { return nil }
        return properties
    }
}

extension MessageProperties {
    /// AMQP's short strings hold 255 bytes, and tables must not nest without end.
    var isEncodable: Bool {
        func fits(_ text: String?) -> Bool { text.map { $0.utf8.count <= 255 } ?? true }
        return fits(contentType) && fits(contentEncoding) && fits(correlationID) && fits(replyTo) && fits(expiration)
            && fits(messageID) && fits(type) && fits(userID) && fits(appID) && headers.isEncodable
    }

    /// In bytes, flags and all.
    var encodedSize: Int {
        func size(_ text: String?) -> Int { text.map { $0.utf8.count + 1 } ?? 0 }
        return 2 + size(contentType) + size(contentEncoding) + (headers.isEmpty ? 0 : 4 + headers.encoded.count)
            + (deliveryMode == nil ? 0 : 1) + (priority == nil ? 0 : 1) + size(correlationID) + size(replyTo)
            + size(expiration) + size(messageID) + (timestamp == nil ? 0 : 8) + size(type) + size(userID) + size(appID)
    }

    func write(into writer: inout WireWriter) {
        var flags: UInt16 = 0
        if contentType != nil { flags |= PropertyFlag.contentType }
        if contentEncoding != nil { flags |= PropertyFlag.contentEncoding }
        if !headers.isEmpty { flags |= PropertyFlag.headers }
        if deliveryMode != nil { flags |= PropertyFlag.deliveryMode }
        if priority != nil { flags |= PropertyFlag.priority }
        if correlationID != nil { flags |= PropertyFlag.correlationID }
        if replyTo != nil { flags |= PropertyFlag.replyTo }
        if expiration != nil { flags |= PropertyFlag.expiration }
        if messageID != nil { flags |= PropertyFlag.messageID }
        if timestamp != nil { flags |= PropertyFlag.timestamp }
        if type != nil { flags |= PropertyFlag.type }
        if userID != nil { flags |= PropertyFlag.userID }
        if appID != nil { flags |= PropertyFlag.appID }
        writer.put(flags)
        if let contentType { writer.put(shortString: contentType) }
        if let contentEncoding { writer.put(shortString: contentEncoding) }
        if !headers.isEmpty {
            writer.put(UInt32(truncatingIfNeeded: headers.encoded.count))
            headers.encoded.withUnsafeBytes { writer.put($0) }
        }
        if let deliveryMode { writer.put(deliveryMode) }
        if let priority { writer.put(priority) }
        if let correlationID { writer.put(shortString: correlationID) }
        if let replyTo { writer.put(shortString: replyTo) }
        if let expiration { writer.put(shortString: expiration) }
        if let messageID { writer.put(shortString: messageID) }
        if let timestamp { writer.put(UInt64(clamping: timestamp)) }
        if let type { writer.put(shortString: type) }
        if let userID { writer.put(shortString: userID) }
        if let appID { writer.put(shortString: appID) }
    }
}
