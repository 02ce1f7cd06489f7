import JSONValue

/// The body of a failure: `{"error": …, "cause": …}`; both may be absent, as in AWS's SendTaskFailure.
package struct TaskFailureBody: Sendable, Hashable {
    /// At most `ProtocolLimits.errorLength`.
    package var error: String?
    /// At most `ProtocolLimits.causeLength`.
    package var cause: String?

    /// Cuts what is too long.
    package init(error: String?, cause: String?) {
        self.error = error.map { Self.cut($0, to: ProtocolLimits.errorLength) }
        self.cause = cause.map { Self.cut($0, to: ProtocolLimits.causeLength) }
    }

    package func encoded() -> [UInt8] {
        var object = JSONObject()
        if let error { object["error"] = .string(error) }
        if let cause { object["cause"] = .string(cause) }
        var bytes: [UInt8] = []
        JSON.object(object).serialize(into: &bytes)
        return bytes
    }

    /// Throws where a limit is exceeded; members other than these two are not looked at.
    package init(decoding body: [UInt8]) throws(MalformedMessage) {
        let json = try ProtocolEnvelope(body: body).json(limit: ProtocolLimits.failureBodyBytes)
        guard case .object(let object) = json else { throw MalformedMessage("body of a failure is not an object") }
        let error = try Self.text("error", in: object, limit: ProtocolLimits.errorLength)
        let cause = try Self.text("cause", in: object, limit: ProtocolLimits.causeLength)
        self.error = error
        self.cause = cause
    }

    private static func text(_ key: String, in object: JSONObject, limit: Int) throws(MalformedMessage) -> String? {
        switch object[key] {
        case nil, .null?: return nil
        case .string(let text)?:
            guard text.unicodeScalars.count <= limit else {
                throw MalformedMessage("\(key) of a failure is longer than \(limit) characters")
            }
            return text
        default: throw MalformedMessage("\(key) of a failure is not a string")
        }
    }

    private static func cut(_ text: String, to limit: Int) -> String {
        // No text has more scalars than bytes; counting is for the long ones.
        guard text.utf8.count > limit, text.unicodeScalars.count > limit else { return text }
        return String(text.unicodeScalars.prefix(limit))
    }
}
