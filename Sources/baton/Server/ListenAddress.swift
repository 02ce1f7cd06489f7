import AWSJSONAPI

/// `HOST:PORT` of a listener, checked.
struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
    var host: String
    /// 0 lets the system choose.
    var port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// - Throws: a sentence that says what is wrong.
    init(_ text: String) throws(CommandError) {
        let refusal = CommandError(
            .usage,
            "'\(text)' is not an address to listen at: write it as HOST:PORT, such as 127.0.0.1:8083 or "
                + "[::1]:8083, in --listen or BATON_LISTEN.")
        guard let colon = text.lastIndex(of: ":") else { throw refusal }
        var host = String(text[..<colon])
        let portText = text[text.index(after: colon)...]
        guard portText.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(portText),
            (0...65_535).contains(port)
        else { throw refusal }
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            throw refusal
        }
        guard !host.contains(where: { $0.isWhitespace || $0 == "/" || $0 == "@" }) else { throw refusal }
        // `:8083` means every interface, as elsewhere; the check for credentials sees it as such.
        self.host = host.isEmpty ? "0.0.0.0" : host
        self.port = port
    }

    /// Only programs of this machine reach it.
    var isLoopback: Bool { ListenerPolicy.isLoopback(host) }

    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
