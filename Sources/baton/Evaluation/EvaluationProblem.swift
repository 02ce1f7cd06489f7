import Intrinsics
import JSONPath
import JSONValue
import JSONata

/// Why an expression has no result.
struct EvaluationProblem: Error {
    /// JSONata's code, or `invalid`, `not_found`, `exception` and, of intrinsic functions, `States.IntrinsicFailure`.
    var code: String
    var message: String
    /// What in the expression is to blame, where the language tells.
    var token: String?
    /// Offset in the expression in UTF-16 code units: of the fault itself, or, with a token, of what follows it.
    var position: Int?
    var value: JSON?
    var functionName: String?

    init(code: String, message: String) {
        self.code = code
        self.message = message
    }

    init(_ error: JSONataError) {
        self.init(code: error.code, message: error.message)
        token = error.token
        position = error.position
        value = error.value
        functionName = error.functionName
    }

    init(_ error: PathError, in text: String) {
        let code =
            switch error.code {
            case .invalid: "invalid"
            case .notFound: "not_found"
            case .exception: "exception"
            }
        self.init(code: code, message: error.message)
        position = error.offset.map { Self.utf16(scalars: $0, in: text) }
    }

    init(_ error: IntrinsicError, in text: String) {
        switch error {
        case .invalid(let message, let offset):
            self.init(code: "invalid", message: message)
            position = Self.utf16(scalars: offset, in: text)
        case .path(let inner, let path):
            self.init(inner, in: path)
            token = path
            position = nil
        case .failed(let message):
            self.init(code: "States.IntrinsicFailure", message: message)
        }
    }

    private static func utf16(scalars: Int, in text: String) -> Int {
        text.unicodeScalars.prefix(scalars).reduce(0) { $0 + UTF16.width($1) }
    }
}

extension EvaluationProblem {
    /// The members that every error has, absent ones as null; then those that few have.
    var json: JSON {
        var members: JSONObject = [
            "code": .string(code), "message": .string(message), "token": token.map { .string($0) } ?? .null,
            "position": position.map { .int(Int64($0)) } ?? .null,
        ]
        if let value { members["value"] = value }
        if let functionName { members["functionName"] = .string(functionName) }
        return .object(members)
    }

    /// The line of the expression that is to blame, and below it a caret for each character of the token; nothing
    /// where the place is not known.
    func excerpt(of source: String, _ style: Style) -> [String] {
        guard var (start, end) = place(in: source) else { return [] }
        let characters = Array(source)
        let lineStart = characters[..<start].lastIndex(where: \.isNewline).map { $0 + 1 } ?? 0
        let lineEnd = characters[start...].firstIndex(where: \.isNewline) ?? characters.count
        // A line of a minified expression is of no use as a whole.
        let first = max(lineStart, start - 60)
        let line = characters[first..<min(lineEnd, first + 100)].map { $0 == "\t" ? " " : $0 }
        start -= first
        end = max(start + 1, min(end - first, line.count))
        return [
            "    " + String(line),
            "    " + String(repeating: " ", count: start) + style.green(String(repeating: "^", count: end - start)),
        ]
    }

    /// The characters to point at. JSONata's position is behind the token, so the token is looked for before it.
    private func place(in source: String) -> (start: Int, end: Int)? {
        guard let position else {
            guard let token, let start = Self.last(token, in: Array(source)[...]) else { return nil }
            return (start, start + token.count)
        }
        let index = String.Index(utf16Offset: min(max(position, 0), source.utf16.count), in: source)
        let before = Array(source[..<index])
        if let token, let start = Self.last(token, in: before[...]) { return (start, start + token.count) }
        return (before.count, before.count + 1)
    }

    private static func last(_ token: String, in text: ArraySlice<Character>) -> Int? {
        let token = Array(token)
        guard !token.isEmpty, token.count <= text.count else { return nil }
        return (text.startIndex...text.endIndex - token.count).last { text[$0...].starts(with: token) }
    }
}
