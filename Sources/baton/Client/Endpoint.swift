/// The address of a server, checked before anything is sent to it.
struct Endpoint: Sendable, Hashable {
    static let standard = "http://127.0.0.1:8083"

    /// Without a slash at the end.
    let url: String

    init(_ text: String) throws(CommandError) {
        let scheme = text.lowercased()
        let rest =
            if scheme.hasPrefix("http://") {
                text.dropFirst(7)
            } else if scheme.hasPrefix("https://") {
                text.dropFirst(8)
            } else {
                Substring()
            }
        let host = rest.prefix { $0 != "/" }
        let port = host.last == "]" ? nil : host.lastIndex(of: ":").map { host[host.index(after: $0)...] }
        guard !host.isEmpty, host.first != ":",
            !rest.contains(where: { $0 == " " || $0 == "?" || $0 == "#" || $0 == "@" }),
            port.map({ (UInt16($0) ?? 0) != 0 }) ?? true
        else {
            throw CommandError(
                .usage,
                "'\(text)' is not the address of a server: write it as \(Endpoint.standard), in --endpoint "
                    + "or BATON_ENDPOINT.")
        }
        var url = text
        while url.last == "/" { url.removeLast() }
        self.url = url
    }

    /// `Host`, as HTTP clients send it: without the scheme's own port.
    var authority: String {
        let isSecure = url.lowercased().hasPrefix("https://")
        let rest = url.dropFirst(isSecure ? 8 : 7).prefix { $0 != "/" }
        let standard = isSecure ? ":443" : ":80"
        return String(rest.hasSuffix(standard) ? rest.dropLast(standard.count) : rest)
    }

    /// The path that stands before every request's, percent-encoded.
    var basePath: String {
        String(url.drop { $0 != ":" }.dropFirst(3).drop { $0 != "/" })
    }
}
