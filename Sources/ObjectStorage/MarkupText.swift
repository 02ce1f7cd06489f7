import Foundation

/// The little of XML that S3's answers are made of: elements without attributes that matter, and texts.
struct MarkupText {
    private let text: Substring

    init(_ text: String) { self.text = text[...] }

    private init(_ text: Substring) { self.text = text }

    /// The contents of all elements of this name, in order.
    func elements(_ name: String) -> [MarkupText] {
        var found: [MarkupText] = []
        var rest = text
        while let element = Self.next(name, in: &rest) { found.append(MarkupText(element)) }
        return found
    }

    /// The text of the first element of this name.
    func text(_ name: String) -> String? {
        var rest = text
        return Self.next(name, in: &rest).map(Self.unescape)
    }

    private static func next(_ name: String, in rest: inout Substring) -> Substring? {
        guard let open = rest.range(of: "<\(name)>"), let close = rest[open.upperBound...].range(of: "</\(name)>")
        else { return nil }
        defer { rest = rest[close.upperBound...] }
        return rest[open.upperBound..<close.lowerBound]
    }

    private static func unescape(_ text: Substring) -> String {
        guard text.contains("&") else { return String(text) }
        var result = ""
        var rest = text
        while let ampersand = rest.firstIndex(of: "&") {
            result += rest[..<ampersand]
            guard let end = rest[ampersand...].firstIndex(of: ";") else { break }
            let name = rest[rest.index(after: ampersand)..<end]
            switch name {
            case "amp": result += "&"
            case "lt": result += "<"
            case "gt": result += ">"
            case "quot": result += "\""
            case "apos": result += "'"
            default:
                let number = name.dropFirst()
                let code = number.first == "x" ? UInt32(number.dropFirst(), radix: 16) : UInt32(number)
                if name.first == "#", let scalar = code.flatMap(Unicode.Scalar.init) {
                    result.unicodeScalars.append(scalar)
                }
            }
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }
}
