import JSONValue

extension ProtocolEnvelope {
    static let json = "application/json"
    static let app = "baton"

    /// Throws where the message speaks a version later than ours.
    func checkVersion() throws(MalformedMessage) {
        guard let header = headers[HeaderName.version] else { return }
        guard let version = header.integer else {
            throw MalformedMessage("header \(HeaderName.version) is not a number", isOfUnknownVersion: true)
        }
        guard (1...ProtocolVersion.current).contains(version) else {
            throw MalformedMessage(
                "protocol version \(version) is not known, this is \(ProtocolVersion.current)",
                isOfUnknownVersion: true)
        }
    }

    func messageType() throws(MalformedMessage) -> MessageType {
        guard let type else { throw MalformedMessage("no type") }
        guard let known = MessageType(rawValue: type) else {
            throw MalformedMessage("unknown type \(Self.quoted(type))")
        }
        return known
    }

    func token() throws(MalformedMessage) -> String {
        guard let token = correlationID, !token.isEmpty else {
            throw MalformedMessage("no correlation_id (the task token)")
        }
        // No text has more characters than bytes, and those need not be counted.
        guard
            token.utf8.count <= ProtocolLimits.tokenLength
                || token.unicodeScalars.count <= ProtocolLimits.tokenLength
        else {
            throw MalformedMessage("correlation_id is longer than \(ProtocolLimits.tokenLength) characters")
        }
        return token
    }

    /// The body as JSON.
    func json(limit: Int = ProtocolLimits.bodyBytes) throws(MalformedMessage) -> JSON {
        guard body.count <= limit else {
            throw MalformedMessage("body of \(body.count) bytes, at most \(limit) are allowed")
        }
        guard !body.isEmpty else { throw MalformedMessage("empty body, JSON expected") }
        do {
            return try JSON(parsing: body)
        } catch {
            throw MalformedMessage("body is not JSON: \(error.message) at byte \(error.offset)")
        }
    }

    func text(_ header: HeaderName) -> String? { headers[header]?.text }

    /// Foreign text inside a reason: short, and without line ends.
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars.prefix(40) {
            if scalar.value < 0x20 || scalar.value == 0x7F {
                quoted += "?"
            } else {
                quoted.unicodeScalars.append(scalar)
            }
        }
        if text.unicodeScalars.count > 40 { quoted += "…" }
        return quoted + "\""
    }
}
