/// JSON Pointer (RFC 6901): `/States/First/Parameters/a~1b`.
public enum JSONPointer {
    /// A key as a token of a pointer: `~` becomes `~0`, `/` becomes `~1`.
    public static func escape(_ key: String) -> String {
        guard key.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return key }
        var token = ""
        for scalar in key.unicodeScalars {
            switch scalar {
            case "~": token += "~0"
            case "/": token += "~1"
            default: token.unicodeScalars.append(scalar)
            }
        }
        return token
    }

    /// The key that a token stands for.
    public static func unescape(_ token: some StringProtocol) -> String {
        var key = ""
        var isEscape = false
        for scalar in token.unicodeScalars {
            switch (isEscape, scalar) {
            case (false, "~"):
                isEscape = true
                continue
            case (true, "0"): key.unicodeScalars.append("~")
            case (true, "1"): key.unicodeScalars.append("/")
            case (true, _):
                key.unicodeScalars.append("~")
                key.unicodeScalars.append(scalar)
            case (false, _): key.unicodeScalars.append(scalar)
            }
            isEscape = false
        }
        if isEscape { key.unicodeScalars.append("~") }
        return key
    }

    public static func appending(_ key: String, to pointer: String) -> String { pointer + "/" + escape(key) }
    public static func appending(_ index: Int, to pointer: String) -> String { pointer + "/" + String(index) }
}

extension JSON {
    /// The value at a JSON Pointer; the empty pointer is the value itself. Nil if there is none.
    public func value(at pointer: String) -> JSON? {
        guard !pointer.isEmpty else { return self }
        guard pointer.utf8.first == UInt8(ascii: "/") else { return nil }
        var value = self
        // Split by bytes: a combining character after '/' would make one Character of both.
        for token in pointer.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            let token = String(Substring(token))
            switch value {
            case .object(let object):
                guard let member = object[JSONPointer.unescape(token)] else { return nil }
                value = member
            case .array(let elements):
                guard let index = Int(token), String(index) == token, elements.indices.contains(index) else {
                    return nil
                }
                value = elements[index]
            default:
                return nil
            }
        }
        return value
    }
}
