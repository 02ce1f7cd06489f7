import NIOHTTP1

extension APIRequest {
    /// - Parameter withHeaders: whether anybody looks at more than what every call needs.
    init(_ head: HTTPRequestHead, _ body: Body, withHeaders: Bool) {
        var target: String?
        var origin: String?
        for (name, value) in head.headers {
            // The line's order: what comes twice counts as one list (RFC 9110 section 5.3).
            switch name.utf8.count {
            case 12 where Self.matches(name, "x-amz-target"): target = target.map { "\($0), \(value)" } ?? value
            case 6 where Self.matches(name, "origin"): origin = origin.map { "\($0), \(value)" } ?? value
            default: break
            }
        }
        let (place, host) = Self.split(head.uri)
        let path = place.prefix { $0 != "?" }
        self.init(
            method: head.method.rawValue, path: String(path), target: target, origin: origin,
            query: String(place.dropFirst(path.count + 1)), body: body)
        guard withHeaders else { return }
        headers = head.headers.map { (name: $0.name, value: $0.value) }
        if let host {
            headers.removeAll { Self.matches($0.name, "host") }
            headers.append(("Host", host))
        }
    }

    /// - Parameter lowered: in small letters.
    private static func matches(_ name: String, _ lowered: StaticString) -> Bool {
        lowered.withUTF8Buffer { lowered in
            name.utf8.elementsEqual(lowered) { (0x41...0x5A).contains($0) ? $0 | 0x20 == $1 : $0 == $1 }
        }
    }

    /// A client that takes the server for a proxy sends the whole URL (RFC 9112 section 3.2.2), whose host counts then.
    private static func split(_ target: String) -> (path: String, host: String?) {
        if target == "/" { return (target, nil) }
        for scheme in ["http://", "https://"] where target.hasPrefix(scheme) {
            let rest = target.dropFirst(scheme.count)
            let host = rest.prefix { $0 != "/" && $0 != "?" }
            let path = rest.dropFirst(host.count)
            return (path.first == "/" ? String(path) : "/" + path, String(host))
        }
        return (target, nil)
    }
}
