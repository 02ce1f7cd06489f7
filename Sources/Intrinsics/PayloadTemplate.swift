package import JSONPath
package import JSONValue

/// A compiled payload template: `Parameters`, `ResultSelector`, `ItemSelector`, `Assign`.
///
/// A member whose key ends with `.$` has the value of the path or intrinsic function that it holds, under the key
/// without that ending. Everything else stands for itself, also texts in arrays that look like paths.
package indirect enum PayloadTemplate: Sendable {
    case constant(JSON)
    /// The key is the one that messages name, with its `.$`.
    case path(Path, key: String)
    case intrinsic(IntrinsicCall, key: String)
    case object([Member])
    case array([PayloadTemplate])

    package struct Member: Sendable {
        /// Without `.$`.
        package let key: String
        package let value: PayloadTemplate
    }

    /// Compiles a template. Throws `.invalid` with all mistakes that are in it.
    package init(compiling template: JSON) throws(TemplateError) {
        var compiler = TemplateCompiler()
        let compiled = compiler.compile(template, at: "")
        guard compiler.problems.isEmpty else { throw .invalid(compiler.problems) }
        self = compiled
    }

    /// Compiles a single path or intrinsic function, as `ErrorPath` and `CausePath` hold. Messages name the field.
    package init(compilingExpression text: String, field: String) throws(TemplateError) {
        var compiler = TemplateCompiler()
        let compiled = compiler.compileExpression(.string(text), key: field, at: "")
        guard compiler.problems.isEmpty else { throw .invalid(compiler.problems) }
        self = compiled
    }

    /// Whether the value does not depend on the scope.
    package var isConstant: Bool { if case .constant = self { true } else { false } }

    /// All paths in the template, also those among the arguments of functions.
    package var paths: [Path] {
        switch self {
        case .constant: []
        case .path(let path, _): [path]
        case .intrinsic(let call, _): call.paths
        case .object(let members): members.flatMap(\.value.paths)
        case .array(let elements): elements.flatMap(\.paths)
        }
    }

    /// Evaluates the template: keys in the order in which they were written.
    package func evaluate(
        in scope: PathScope, using random: inout some RandomNumberGenerator
    ) throws(TemplateError) -> JSON {
        switch self {
        case .constant(let value):
            return value
        case .path(let path, let key):
            do throws(PathError) {
                return try path.evaluate(in: scope)
            } catch {
                throw .path(error, key: key, text: path.text, input: scope.document)
            }
        case .intrinsic(let call, let key):
            do throws(IntrinsicError) {
                return try call.evaluate(in: scope, using: &random)
            } catch {
                switch error {
                case .path(let error, let text): throw .path(error, key: key, text: text, input: scope.document)
                case .invalid(let message, _), .failed(let message): throw .intrinsic(message: message, key: key)
                }
            }
        case .object(let members):
            var object = JSONObject()
            object.reserveCapacity(members.count)
            for member in members { object.set(member.key, try member.value.evaluate(in: scope, using: &random)) }
            return .object(object)
        case .array(let elements):
            var values: [JSON] = []
            values.reserveCapacity(elements.count)
            for element in elements { values.append(try element.evaluate(in: scope, using: &random)) }
            return .array(values)
        }
    }
}

private struct TemplateCompiler {
    private(set) var problems: [TemplateError.Problem] = []

    mutating func compile(_ template: JSON, at pointer: String) -> PayloadTemplate {
        switch template {
        case .object(let object): return compile(object, at: pointer)
        case .array(let elements):
            let compiled = elements.enumerated().map { index, element in
                compile(element, at: JSONPointer.appending(index, to: pointer))
            }
            return compiled.allSatisfy(\.isConstant) ? .constant(template) : .array(compiled)
        default:
            return .constant(template)
        }
    }

    private mutating func compile(_ object: JSONObject, at pointer: String) -> PayloadTemplate {
        var members: [PayloadTemplate.Member] = []
        var keys: Set<UTF8Key> = []
        var isConstant = true
        for (key, value) in object {
            let place = JSONPointer.appending(key, to: pointer)
            let isExpression = key.utf8.suffix(2).elementsEqual(".$".utf8)
            let name = isExpression ? String(decoding: key.utf8.dropLast(2), as: UTF8.self) : key
            let compiled =
                isExpression ? compileExpression(value, key: key, at: place) : compile(value, at: place)
            if isExpression || !compiled.isConstant { isConstant = false }
            if !keys.insert(UTF8Key(name)).inserted {
                report("The field '\(name)' is specified more than once", detail: nil, key: key, at: place)
            }
            members.append(PayloadTemplate.Member(key: name, value: compiled))
        }
        return isConstant ? .constant(.object(object)) : .object(members)
    }

    mutating func compileExpression(_ value: JSON, key: String, at pointer: String) -> PayloadTemplate {
        guard case .string(let text) = value else {
            reportExpression(key, "it is not a string", at: pointer)
            return .constant(.null)
        }
        if IntrinsicCall.isCall(text) {
            do throws(IntrinsicError) {
                return .intrinsic(try IntrinsicCall(parsing: text), key: key)
            } catch {
                reportExpression(key, error.description, at: pointer)
            }
        } else {
            do throws(PathError) {
                return .path(try Path(text), key: key)
            } catch {
                reportExpression(key, error.message, at: pointer)
            }
        }
        return .constant(.null)
    }

    private mutating func reportExpression(_ key: String, _ detail: String, at pointer: String) {
        report(
            "The value for the field '\(key)' must be a valid JSONPath or a valid intrinsic function call",
            detail: detail, key: key, at: pointer)
    }

    private mutating func report(_ message: String, detail: String?, key: String, at pointer: String) {
        problems.append(TemplateError.Problem(pointer: pointer, key: key, message: message, detail: detail))
    }
}
