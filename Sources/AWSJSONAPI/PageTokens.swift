import Crypto
import JSONValue
import Orchestrator

/// Makes and reads nextTokens: opaque, bound to their listing, good for 24 hours, and nobody else can make one.
///
/// The key is the database's, so a token outlives the server.
struct PageTokens: Sendable {
    private static let lifetime = 24 * 60 * 60.0
    private static let tagBytes = 16

    private let key: SymmetricKey
    let clock: @Sendable () -> Timestamp

    /// - Parameter key: nil makes one that is forgotten with the process.
    init(key: [UInt8]? = nil, clock: @escaping @Sendable () -> Timestamp) {
        self.key = key.map { SymmetricKey(data: $0) } ?? SymmetricKey(size: .bits256)
        self.clock = clock
    }

    /// - Parameter scope: names the listing and its filters; the token works for the same scope only.
    func make(for cursor: PageCursor, in scope: [String]) -> String {
        let expiry = UInt64(max(clock().adding(seconds: Self.lifetime).milliseconds, 0))
        let content = (0..<8).map { UInt8(truncatingIfNeeded: expiry >> (8 * UInt64(7 - $0))) } + Array(cursor.key.utf8)
        return Base64URL.encode(tag(content, scope) + content)
    }

    /// - Throws: `InvalidToken` for whatever this server did not make for this listing within the last 24 hours.
    func read(_ token: String, in scope: [String]) throws(ServiceError) -> PageCursor {
        guard let bytes = Base64URL.decode(token), bytes.count >= Self.tagBytes + 8 else { throw Self.invalid }
        let content = Array(bytes[Self.tagBytes...])
        // Compared in a time that does not depend on where they differ.
        let difference = zip(bytes, tag(content, scope)).reduce(0 as UInt8) { $0 | ($1.0 ^ $1.1) }
        let expiry = content.prefix(8).reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        guard difference == 0, expiry > UInt64(max(clock().milliseconds, 0)) else { throw Self.invalid }
        return PageCursor(key: String(decoding: content.dropFirst(8), as: UTF8.self))
    }

    private func tag(_ content: [UInt8], _ scope: [String]) -> [UInt8] {
        var message: [UInt8] = []
        for part in scope {
            message += Array(String(part.utf8.count).utf8) + [UInt8(ascii: ":")] + Array(part.utf8)
        }
        return Array(HMAC<SHA256>.authenticationCode(for: message + [0] + content, using: key).prefix(Self.tagBytes))
    }

    private static var invalid: ServiceError { ServiceError(.invalidToken, "Invalid Token: 'Invalid token'") }
}

/// Base 64 with the alphabet for URLs (RFC 4648, section 5), without padding.
enum Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count * 4 + 2) / 3)
        var bits: UInt32 = 0
        var count = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 6 {
                count -= 6
                text.append(alphabet[Int(bits >> UInt32(count) & 63)])
            }
        }
        if count > 0 { text.append(alphabet[Int(bits << UInt32(6 - count) & 63)]) }
        return String(decoding: text, as: UTF8.self)
    }

    static func decode(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count * 3 / 4)
        var bits: UInt32 = 0
        var count = 0
        for character in text.utf8 {
            guard let value = alphabet.firstIndex(of: character) else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        // One way to write it: bits that are left over are zero.
        return encode(bytes) == text ? bytes : nil
    }
}
