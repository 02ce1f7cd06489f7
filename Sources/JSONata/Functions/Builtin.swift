/// A function of the language.
// Proof: everything is set in `init`; nothing changes afterwards.
final class Builtin: @unchecked Sendable {
    typealias Body = @Sendable (Arguments, Evaluator) throws(JSONataError) -> Value

    let name: String
    let signature: Signature
    /// How many arguments functions like `$map` hand over; for some fewer than the signature allows.
    let arity: Int
    let body: Body
    /// The function as a value.
    @exclusivity(unchecked) private(set) var value = Value.undefined

    init(_ name: String, _ signature: String, arity: Int, body: @escaping Body) {
        self.name = name
        // Signatures of builtins are literals in this module; an empty one takes any arguments.
        self.signature = (try? Signature(signature)) ?? Signature(definition: signature, parameters: [])
        self.arity = arity
        self.body = body
        value = .function(Function(.builtin(self)))
    }

    static func named(_ name: String, _ dialect: Dialect) -> Builtin? {
        dialect == .statesLanguage ? statesLanguage[name] : standard[name]
    }

    private static let standard = table([
        stringFunctions, matchFunctions, encodingFunctions, numericFunctions, formatFunctions, dateFunctions,
        arrayFunctions, objectFunctions, higherOrderFunctions, miscellaneousFunctions,
    ])

    private static let statesLanguage: [String: Builtin] = {
        var result = standard
        result["eval"] = nil
        for builtin in statesFunctions { result[builtin.name] = builtin }
        return result
    }()

    private static func table(_ themes: [[Builtin]]) -> [String: Builtin] {
        var result: [String: Builtin] = [:]
        for builtin in themes.joined() { result[builtin.name] = builtin }
        return result
    }
}

/// The validated arguments of a call, and where it stands.
struct Arguments {
    let values: [Value]
    let context: Value
    let frame: Frame

    /// Arguments that were left out are nothing.
    subscript(index: Int) -> Value { index < values.count ? values[index] : .undefined }

    func string(_ index: Int) -> String? { self[index].stringValue }

    func number(_ index: Int) throws(JSONataError) -> Double? { try self[index].finiteNumber() }

    func function(_ index: Int) -> Function? { self[index].functionValue }
}
