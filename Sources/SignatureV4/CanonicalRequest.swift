import Crypto

/// What a signature covers, in the one form that both sides arrive at.
///
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
package struct CanonicalRequest: Sendable, Hashable {
    package let text: String

    /// - Parameters:
    ///   - signedHeaders: in lower case, in order.
    ///   - payloadHash: see `PayloadHash`.
    package init(
        _ request: SignableRequest, signedHeaders: [String], payloadHash: String, pathStyle: PathStyle = .normalized
    ) {
        var lines = [
            request.method, Self.path(request.path, pathStyle), Self.query(request.query),
        ]
        for name in signedHeaders {
            let values = request.headers.filter { $0.name.lowercased() == name }.map { Self.trim($0.value) }
            lines.append("\(name):\(values.joined(separator: ","))")
        }
        lines += ["", signedHeaders.joined(separator: ";"), payloadHash]
        text = lines.joined(separator: "\n")
    }

    var hash: String { PayloadHash.of(Array(text.utf8)) }

    private static func path(_ path: String, _ style: PathStyle) -> String {
        guard style == .normalized else { return path.isEmpty ? "/" : path }
        var segments: [Substring] = []
        for segment in path.split(separator: "/") {
            switch segment {
            case ".": continue
            case "..": _ = segments.popLast()
            default: segments.append(segment)
            }
        }
        let normalized = "/" + segments.joined(separator: "/") + (path.last == "/" && !segments.isEmpty ? "/" : "")
        return PercentEncoding.encode(normalized.utf8, keepsSlashes: true)
    }

    /// Sorted by encoded name, then value; the signature itself, which presigned requests carry, is left out.
    private static func query(_ query: String) -> String {
        QueryParameters(query).all
            .filter { $0.name != "X-Amz-Signature" }
            .map { (PercentEncoding.encode($0.name.utf8), PercentEncoding.encode($0.value.utf8)) }
            .sorted { $0 < $1 }
            .map { "\($0)=\($1)" }
            .joined(separator: "&")
    }

    /// Without white space at the ends, and with one space where several were.
    private static func trim(_ value: String) -> String {
        value.split { $0 == " " || $0 == "\t" || $0.isNewline }.joined(separator: " ")
    }
}

/// A query string, decoded.
struct QueryParameters: Sendable {
    let all: [(name: String, value: String)]

    init(_ query: String) {
        all = query.split(separator: "&").map { pair in
            let name = pair.prefix { $0 != "=" }
            return (Self.decode(name), Self.decode(pair.dropFirst(name.count + 1)))
        }
    }

    subscript(name: String) -> String? { all.first { utf8Equal($0.name, name) }?.value }

    private static func decode(_ text: Substring) -> String {
        String(decoding: PercentEncoding.decode(text), as: UTF8.self)
    }
}

/// The last line of a canonical request.
package enum PayloadHash {
    /// The body is not covered: it may be anything.
    package static let unsigned = "UNSIGNED-PAYLOAD"
    /// SHA-256 of nothing.
    package static let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    /// SHA-256, in hexadecimal.
    package static func of(_ body: [UInt8]) -> String { Hexadecimal.encode(SHA256.hash(data: body)) }
}
