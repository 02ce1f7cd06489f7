import JSONValue
import JSONata

/// One request per line of standard input, one answer per line of standard output, in the same order. Every line is
/// answered, and written before the next is read.
enum BatchEvaluation {
    /// Documents on a line may be nested deeper than elsewhere: the thread has the stack for it.
    private static let maximumNesting = 10_000

    static func run() {
        while let line = readLine() {
            guard line.utf8.contains(where: { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }) else { continue }
            Terminal.standard.line(onOneLine(answer(to: line).serialized()))
        }
    }

    /// Some readers of lines end them also at Unicode's line separators, which JSON allows in texts as they are.
    private static func onOneLine(_ json: String) -> String {
        let separators: [Unicode.Scalar: String] = ["\u{85}": "\\u0085", "\u{2028}": "\\u2028", "\u{2029}": "\\u2029"]
        guard json.unicodeScalars.contains(where: { separators[$0] != nil }) else { return json }
        var line = ""
        for scalar in json.unicodeScalars {
            if let escape = separators[scalar] { line += escape } else { line.unicodeScalars.append(scalar) }
        }
        return line
    }

    static func answer(to line: String) -> JSON {
        let message: JSON
        do throws(JSONError) {
            message = try JSON(parsing: line, maximumDepth: maximumNesting)
        } catch {
            return reply(nil, .problem(.request("The line is not JSON: \(error)")))
        }
        do throws(EvaluationProblem) {
            return reply(message["id"], try EvaluationRequest(message).answer())
        } catch {
            return reply(message["id"], .problem(error))
        }
    }

    private static func reply(_ id: JSON?, _ answer: EvaluationAnswer) -> JSON {
        let id = id ?? .null
        return switch answer {
        case .value(let value): ["id": id, "result": value]
        case .nothing, .function: ["id": id, "undefined": true]
        case .problem(let problem): ["id": id, "error": problem.json]
        }
    }
}

extension EvaluationProblem {
    /// The request itself is wrong.
    static func request(_ message: String) -> EvaluationProblem {
        EvaluationProblem(code: "invalid_request", message: message)
    }
}

extension EvaluationRequest {
    /// Reads a line of a batch. Members that it does not know are left alone.
    init(_ message: JSON) throws(EvaluationProblem) {
        guard let members = message.objectValue else { throw .request("A request is an object.") }
        guard let expression = members["expr"]?.stringValue else { throw .request("'expr' has to be a text.") }
        self.init(expression)
        input = members["data"]
        if let value = Self.present(members["language"]) {
            language = try Self.choice(value, "language", Self.named(Language.self))
        }
        if let value = Self.present(members["dialect"]) {
            dialect = try Self.choice(value, "dialect", ["jsonata": .jsonata, "states": .statesLanguage])
            if dialect == .statesLanguage { level = .v206 }
        }
        if let value = Self.present(members["level"]) {
            level = try Self.choice(value, "level", Self.named(Level.self))
        }
        if let value = Self.present(members["bindings"]) {
            guard let object = value.objectValue else { throw .request("'bindings' has to be an object.") }
            bindings = object
        }
        if let value = Self.present(members["timelimit"]) { timeLimit = try Self.count(value, "timelimit") }
        if let value = Self.present(members["depth"]) { depth = try Self.count(value, "depth") }
    }

    private static func named<Choice: RawRepresentable<String> & CaseIterable>(_: Choice.Type) -> [String: Choice] {
        Dictionary(Choice.allCases.map { ($0.rawValue, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Null is as good as absent, but for `data`.
    private static func present(_ value: JSON?) -> JSON? { value?.isNull == true ? nil : value }

    private static func choice<Choice>(
        _ value: JSON, _ name: String, _ choices: [String: Choice]
    ) throws(EvaluationProblem) -> Choice {
        if let text = value.stringValue, let choice = choices[text] { return choice }
        throw .request("'\(name)' has to be one of \(choices.keys.sorted().joined(separator: ", ")).")
    }

    private static func count(_ value: JSON, _ name: String) throws(EvaluationProblem) -> Int {
        guard let number = value.doubleValue, number > 0, let count = Int(exactly: min(number, 1e9).rounded(.up)) else {
            throw .request("'\(name)' has to be a positive number.")
        }
        return count
    }
}
