/// What Signature Version 4 looks at of a request, as it is on the wire.
package struct SignableRequest: Sendable {
    package typealias Header = (name: String, value: String)

    package var method: String
    /// Percent-encoded, without the query.
    package var path: String
    /// Percent-encoded, without the question mark.
    package var query: String
    /// Names in any case; one that comes several times counts with all its values.
    package var headers: [Header]

    package init(method: String, path: String, query: String = "", headers: [Header] = []) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
    }

    /// The first value of a header; nil where there is none.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name }?.value
    }
}

/// How a service wants the path in the canonical request.
package enum PathStyle: Sendable, Hashable {
    /// Without dot segments and doubled slashes, and encoded once more than it is on the wire: all services but S3.
    case normalized
    /// As it is on the wire: S3, whose keys may hold anything.
    case verbatim
}
