import JSONValue
import Yams

/// A YAML document as JSON, with the place of every value, for definitions and configuration files.
///
/// Plain scalars are read by YAML 1.2's core schema (`yes` and `on` are texts, as in JSON); quoted ones are texts.
struct YAMLDocument {
    var value: JSON
    /// Line and column, from 1, by JSON Pointer.
    private(set) var places: [String: (line: Int, column: Int)] = [:]

    struct Failure: Error {
        var message: String
        var line: Int
        var column: Int
    }

    init(parsing text: String) throws(Failure) {
        value = .null
        let root: Node?
        do {
            // Yams' own resolution of types is YAML 1.1; every scalar is looked at here instead.
            root = try Yams.compose(yaml: text, .basic)
        } catch {
            throw Self.failure(error)
        }
        guard let root else { throw Failure(message: "the document is empty", line: 1, column: 1) }
        value = try convert(root, at: "", depth: 0)
    }

    func place(of pointer: String) -> (line: Int, column: Int)? { places[pointer] }

    private mutating func convert(_ node: Node, at pointer: String, depth: Int) throws(Failure) -> JSON {
        let mark: (line: Int, column: Int) = node.mark.map { ($0.line, $0.column) } ?? (1, 1)
        places[pointer] = mark
        guard depth < JSON.maximumDepth, places.count < 200_000 else {
            throw Failure(
                message: "the document is nested too deeply, or too large", line: mark.line, column: mark.column)
        }
        switch node {
        case .scalar(let scalar):
            return scalar.style == .plain || scalar.style == .any ? Self.plain(scalar.string) : .string(scalar.string)
        case .sequence(let sequence):
            var elements: [JSON] = []
            for (index, element) in sequence.enumerated() {
                elements.append(
                    try convert(element, at: JSONPointer.appending(index, to: pointer), depth: depth + 1))
            }
            return .array(elements)
        case .mapping(let mapping):
            var object = JSONObject()
            for (key, element) in mapping {
                guard case .scalar(let name) = key else {
                    throw Failure(message: "a key is not a text", line: mark.line, column: mark.column)
                }
                object[name.string] = try convert(
                    element, at: JSONPointer.appending(name.string, to: pointer), depth: depth + 1)
            }
            return .object(object)
        default:
            throw Failure(message: "an alias has no anchor", line: mark.line, column: mark.column)
        }
    }

    private static func plain(_ text: String) -> JSON {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        default: break
        }
        // Numbers of the core schema that are not numbers of JSON (`0x1F`, `.5`) stay texts: ASL has no use for them.
        guard let first = text.utf8.first, first == UInt8(ascii: "-") || (0x30...0x39).contains(first),
            let number = try? JSON(parsing: text), number.isNumber
        else { return .string(text) }
        return number
    }

    private static func failure(_ error: any Error) -> Failure {
        switch error {
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            Failure(message: problem, line: mark.line, column: mark.column)
        case YamlError.reader(let problem, _, _, _): Failure(message: problem, line: 1, column: 1)
        default: Failure(message: "\(error)", line: 1, column: 1)
        }
    }
}
