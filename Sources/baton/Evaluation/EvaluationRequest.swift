import Intrinsics
import JSONPath
import JSONValue
import JSONata
import Telemetry

/// An expression of one of the query languages, with all that it is to be evaluated with.
struct EvaluationRequest {
    enum Language: String, CaseIterable {
        case jsonata, jsonpath, intrinsic
    }

    /// Releases of JSONata's reference implementation.
    enum Level: String, CaseIterable, Sendable {
        case v22 = "2.2"
        case v206 = "2.0.6"

        var compatibility: CompatibilityLevel { self == .v22 ? .v22 : .v206 }
    }

    var language = Language.jsonata
    var expression: String
    /// The document; nil is none at all, which JSONata tells from null.
    var input: JSON?
    /// Variables by their names without `$`. The name `$` is the context object of paths, `$$`.
    var bindings = JSONObject()
    var level = Level.v22
    var dialect = Dialect.jsonata
    /// Of JSONata, in milliseconds.
    var timeLimit = defaultTimeLimit
    /// Of JSONata, in levels of evaluation.
    var depth = defaultDepth

    static let defaultTimeLimit = 10_000
    /// As deep as the thread's stack allows.
    static let defaultDepth = 1_000_000

    init(_ expression: String) { self.expression = expression }
}

/// What became of a request.
enum EvaluationAnswer {
    case value(JSON)
    /// JSONata's absence of a value.
    case nothing
    /// JSONata's result is a function, which JSON has no notation for.
    case function
    case problem(EvaluationProblem)
}

extension EvaluationRequest {
    /// Evaluates the request on a thread that has ``LargeStack/size`` bytes of stack.
    func answer() -> EvaluationAnswer {
        switch language {
        case .jsonata: jsonata()
        case .jsonpath: jsonPath()
        case .intrinsic: intrinsic()
        }
    }

    private func jsonata() -> EvaluationAnswer {
        do throws(JSONataError) {
            let expression = try Expression(expression, level: level.compatibility, dialect: dialect)
            let outcome = try expression.outcome(
                input, bindings: Dictionary(bindings.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 }),
                environment: environment())
            return switch outcome {
            case .value(let value): .value(value)
            case .nothing: .nothing
            case .function: .function
            }
        } catch {
            return .problem(EvaluationProblem(error))
        }
    }

    /// The world outside as it is now.
    func environment() -> EvaluationEnvironment {
        let clock = ContinuousClock()
        let end = clock.now + .milliseconds(timeLimit)
        let limits = EvaluationLimits(depth: depth, stack: LargeStack.usable, memory: 1 << 30) { clock.now > end }
        return EvaluationEnvironment(
            now: WallTime.now(), seed: .random(in: 0 ... .max), limits: limits,
            nonFiniteNumbers: dialect == .statesLanguage ? .text : .null,
            hash: { digest($0.rawValue, of: $1) ?? [] })
    }

    private func jsonPath() -> EvaluationAnswer {
        do throws(PathError) {
            return .value(try Path(expression).evaluate(in: scope))
        } catch {
            return .problem(EvaluationProblem(error, in: expression))
        }
    }

    private func intrinsic() -> EvaluationAnswer {
        var random = SystemRandomNumberGenerator()
        do throws(IntrinsicError) {
            return .value(try IntrinsicCall(parsing: expression).evaluate(in: scope, using: &random))
        } catch {
            return .problem(EvaluationProblem(error, in: expression))
        }
    }

    /// As in a state whose input is the execution's.
    private var scope: PathScope {
        let document = input ?? .object(JSONObject())
        return PathScope(
            document: document, context: bindings["$"] ?? ["Execution": ["Input": document]], variables: bindings)
    }
}
