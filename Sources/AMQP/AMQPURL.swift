/// An AMQP URL: `amqp[s]://user:password@host:port/vhost?options`.
///
/// Every part is percent-decoded. Without a path, or with "/" alone, the virtual host is "/". The options are those of
/// RabbitMQ's own clients: `cacertfile`, `certfile`, `keyfile`, `password` (of the key), `verify` (`verify_peer`, the
/// default, or `verify_none`), `server_name_indication` (`disable` switches the host name check off), `heartbeat`
/// (seconds), `connection_timeout` (milliseconds). Unknown ones are an error: a misspelt option is worse than none.
///
/// The password is in no description; interpolating the URL into a log line is safe.
package struct AMQPURL: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package struct TLS: Sendable, Hashable {
        package var caCertificateFile: String?
        package var certificateFile: String?
        package var keyFile: String?
        package var keyPassword: String?
        package var verifyPeer = true
        package var verifyHostname = true
    }

    package var host: String
    package var port: Int
    package var user: String
    package var password: String
    package var virtualHost: String
    /// nil for `amqp`.
    package var tls: TLS?
    package var heartbeat: Duration?
    package var connectTimeout: Duration?

    package init(_ text: String) throws(AMQPError) {
        func invalid(_ why: String) -> AMQPError {
            // The text itself stays out of the message: it may hold a password.
            AMQPError(.invalidURL, "invalid AMQP URL: \(why); expected amqp://USER:PASSWORD@HOST:PORT/VHOST")
        }
        func decode(_ text: Substring, _ part: String) throws(AMQPError) -> String {
            guard let decoded = Self.percentDecoded(text), !decoded.utf8.contains(0) else {
                throw invalid("the \(part) is not valid percent-encoded UTF-8")
            }
            return decoded
        }

        guard let schemeEnd = text.firstRange(of: "://") else { throw invalid("no scheme") }
        switch text[..<schemeEnd.lowerBound].lowercased() {
        case "amqp": tls = nil
        case "amqps": tls = TLS()
        default: throw invalid("the scheme is neither amqp nor amqps")
        }
        var rest = text[schemeEnd.upperBound...]
        guard !rest.contains("#") else { throw invalid("a fragment has no meaning here (write # as %23)") }
        var query: Substring = ""
        if let mark = rest.firstIndex(of: "?") {
            query = rest[rest.index(after: mark)...]
            rest = rest[..<mark]
        }
        var path: Substring = ""
        if let slash = rest.firstIndex(of: "/") {
            path = rest[rest.index(after: slash)...]
            rest = rest[..<slash]
        }
        guard !path.contains("/") else {
            throw invalid("more than one path segment (write / in a virtual host as %2F)")
        }
        virtualHost = path.isEmpty ? "/" : try decode(path, "virtual host")

        user = "guest"
        password = "guest"
        if let at = rest.lastIndex(of: "@") {
            let credentials = rest[..<at]
            rest = rest[rest.index(after: at)...]
            if let colon = credentials.firstIndex(of: ":") {
                user = try decode(credentials[..<colon], "user")
                password = try decode(credentials[credentials.index(after: colon)...], "password")
            } else {
                user = try decode(credentials, "user")
                password = ""
            }
        }

        var portText: Substring?
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]") else { throw invalid("unclosed [ in the host") }
            host = String(rest[rest.index(after: rest.startIndex)..<end])
            rest = rest[rest.index(after: end)...]
            if rest.first == ":" {
                portText = rest.dropFirst()
            } else if !rest.isEmpty {
                throw invalid("unexpected text after the host")
            }
        } else if let colon = rest.lastIndex(of: ":") {
            host = try decode(rest[..<colon], "host")
            portText = rest[rest.index(after: colon)...]
        } else {
            host = try decode(rest, "host")
        }
        if host.isEmpty { host = "localhost" }
        guard !host.contains(":") || text.contains("[") else { throw invalid("an IPv6 address needs [brackets]") }
        if let portText, !portText.isEmpty {
            guard portText.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(portText),
                (1...65535).contains(number)
            else { throw invalid("the port is not a number from 1 to 65535") }
            port = number
        } else {
            port = tls == nil ? 5672 : 5671
        }
        guard user.utf8.count <= 255, virtualHost.utf8.count <= 255 else {
            throw invalid("the user or the virtual host is longer than 255 bytes")
        }

        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = try decode(parts[0], "query")
            let value = parts.count > 1 ? try decode(parts[1], "query") : ""
            switch name {
            case "heartbeat":
                guard let seconds = Int(value), (0...65535).contains(seconds) else {
                    throw invalid("heartbeat is not a number of seconds")
                }
                heartbeat = .seconds(seconds)
            case "connection_timeout":
                guard let milliseconds = Int(value), milliseconds > 0 else {
                    throw invalid("connection_timeout is not a number of milliseconds")
                }
                connectTimeout = .milliseconds(milliseconds)
            case "cacertfile", "certfile", "keyfile", "password", "verify", "server_name_indication":
                guard tls != nil else { throw invalid("\(name) needs the scheme amqps") }
                switch (name, value) {
                case ("cacertfile", _): tls?.caCertificateFile = value
                case ("certfile", _): tls?.certificateFile = value
                case ("keyfile", _): tls?.keyFile = value
                case ("password", _): tls?.keyPassword = value
                case ("verify", "verify_peer"): tls?.verifyPeer = true
                case ("verify", "verify_none"):
                    tls?.verifyPeer = false
                    tls?.verifyHostname = false
                case ("server_name_indication", "disable"): tls?.verifyHostname = false
                case ("server_name_indication", host): break
                default: throw invalid("unsupported value for \(name)")
                }
            default:
                throw invalid("unknown option \(name)")
            }
        }
        if let tls, (tls.certificateFile == nil) != (tls.keyFile == nil) {
            throw invalid("certfile and keyfile belong together")
        }
    }

    /// The URL without its password.
    package var redacted: String {
        let name = host.contains(":") ? "[\(host)]" : host
        let path = virtualHost == "/" ? "/" : "/" + Self.percentEncoded(virtualHost)
        return "\(tls == nil ? "amqp" : "amqps")://\(Self.percentEncoded(user))@\(name):\(port)\(path)"
    }

    package var description: String { redacted }
    package var debugDescription: String { redacted }
    package var customMirror: Mirror { Mirror(self, children: ["url": redacted]) }

    private static func percentDecoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexValue), let low = rest.popFirst().flatMap(hexValue) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private static func percentEncoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            default:
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
