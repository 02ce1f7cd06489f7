import JSONPath
import JSONValue

/// Choice and its conditions.
extension DefinitionDecoder {
    mutating func choice(
        _ node: SourceNode, _ language: QueryLanguage, _ vertex: inout TransitionGraph.Vertex
    ) -> State.Kind? {
        require(["Choices"], of: node)
        var rules: [ChoiceState.Rule] = []
        for (index, rule) in (array(node, "Choices") ?? []).enumerated() {
            guard rule.isObject else {
                report("Expected value of type Object", at: rule)
                continue
            }
            let place = "Choices[\(index)]/"
            let condition = condition(rule, language, rule: place)
            require(["Next"], of: rule)
            let next = target(rule, "Next", &vertex)
            let assign = assign(rule, language, at: place)
            let output = language == .jsonata ? expressions(rule, "Output", at: place) : nil
            if let condition, let next {
                rules.append(.init(condition: condition, next: next, assign: assign, output: output))
            }
        }
        let defaultNext = target(node, "Default", &vertex)
        return .choice(ChoiceState(rules: rules, defaultNext: defaultNext))
    }

    private static let forms = ["And", "Or", "Not", "Variable", "Condition"]

    /// - Parameter place: Where a rule stands within its state, `Choices[0]/`; nil for a condition within another.
    private mutating func condition(
        _ node: SourceNode, _ language: QueryLanguage, rule place: String?
    ) -> ChoiceCondition? {
        conditionDepth += 1
        defer { conditionDepth -= 1 }
        guard conditionDepth <= Self.maximumDepth else {
            report(
                "Conditions are nested deeper than \(Self.maximumDepth) levels", at: node, code: Code.tooDeeplyNested)
            return nil
        }
        guard node.isObject else {
            report("Expected value of type Object", at: node)
            return nil
        }
        checkConditionFields(of: node, language, isRule: place != nil)
        let present = Self.forms.filter(node.has)
        guard present.count == 1 else {
            report(
                """
                The object must have only one of the following fields, [\(Self.forms.joined(separator: ", "))]
                """, at: node)
            return nil
        }
        switch present[0] {
        case "And": return conditions(node, "And", language).map { .and($0) }
        case "Or": return conditions(node, "Or", language).map { .or($0) }
        case "Not":
            guard let inner = node["Not"] else { return nil }
            return condition(inner, language, rule: nil).map { .not($0) }
        case "Variable":
            guard language == .jsonPath else { return nil }
            return test(node)
        default:
            guard language == .jsonata else { return nil }
            let dynamic = expression(node, "Condition", at: place ?? "", language)
            if dynamic.isExpression { return dynamic.expression.map { .expression($0) } }
            return boolean(node, "Condition").map { .constant($0) }
        }
    }

    private mutating func checkConditionFields(of node: SourceNode, _ language: QueryLanguage, isRule: Bool) {
        var allowed = Set(Self.forms).union(ChoiceOperator.all.keys).union(["Comment"])
        if isRule { allowed.formUnion(["Next", "Assign", "Output"]) }
        checkFields(of: node, allowed: allowed)
        checkLanguage(of: node, allowed: ["And", "Condition", "Not", "Or", "Output", "Variable"], language)
        _ = string(node, "Comment")
    }

    private mutating func conditions(
        _ node: SourceNode, _ key: String, _ language: QueryLanguage
    ) -> [ChoiceCondition]? {
        guard let elements = array(node, key) else { return nil }
        var conditions: [ChoiceCondition] = []
        for element in elements {
            if let condition = condition(element, language, rule: nil) { conditions.append(condition) }
        }
        return conditions.count == elements.count ? conditions : nil
    }

    /// `Variable` and its one operator.
    private mutating func test(_ node: SourceNode) -> ChoiceCondition? {
        let variable = choicePath(node, "Variable")
        let present = node.members.map(\.key).filter { ChoiceOperator.all[$0] != nil }
        guard present.count == 1, let operation = ChoiceOperator.all[present[0]] else {
            let all = ChoiceOperator.names.joined(separator: ", ")
            report(
                present.isEmpty
                    ? "This object should have only one of the following fields: [\(all)]"
                    : "There should only be one of the following fields: [\(all)]",
                at: node, key: present.dropFirst().first)
            return nil
        }
        guard let test = test(operation, present[0], node), let variable else { return nil }
        return .test(variable: variable, test, operatorName: present[0])
    }

    private mutating func test(
        _ operation: ChoiceOperator, _ name: String, _ node: SourceNode
    ) -> ChoiceCondition.Test? {
        switch operation {
        case .string(let comparison, isPath: false):
            return string(node, name).map { .string(comparison, .constant($0)) }
        case .string(let comparison, isPath: true):
            return choicePath(node, name).map { .string(comparison, .path($0)) }
        case .numeric(let comparison, isPath: false):
            guard number(node, name) != nil, let value = node[name]?.value else { return nil }
            return .numeric(comparison, .constant(value))
        case .numeric(let comparison, isPath: true):
            return choicePath(node, name).map { .numeric(comparison, .path($0)) }
        case .boolean(isPath: false):
            return boolean(node, name).map { .boolean(.constant($0)) }
        case .boolean(isPath: true):
            return choicePath(node, name).map { .boolean(.path($0)) }
        case .timestamp(let comparison, isPath: false):
            guard let text = string(node, name), let field = node[name] else { return nil }
            return timestamp(text, at: field).map { .timestamp(comparison, .constant($0)) }
        case .timestamp(let comparison, isPath: true):
            return choicePath(node, name).map { .timestamp(comparison, .path($0)) }
        case .stringMatches:
            return string(node, name).map { .stringMatches(WildcardPattern($0)) }
        case .isNull: return boolean(node, name).map { .isNull($0) }
        case .isPresent: return boolean(node, name).map { .isPresent($0) }
        case .isNumeric: return boolean(node, name).map { .isNumeric($0) }
        case .isString: return boolean(node, name).map { .isString($0) }
        case .isBoolean: return boolean(node, name).map { .isBoolean($0) }
        case .isTimestamp: return boolean(node, name).map { .isTimestamp($0) }
        }
    }
}

/// The comparison operators of Choice rules by the names of their fields.
enum ChoiceOperator {
    case string(ChoiceCondition.Comparison, isPath: Bool)
    case numeric(ChoiceCondition.Comparison, isPath: Bool)
    case boolean(isPath: Bool)
    case timestamp(ChoiceCondition.Comparison, isPath: Bool)
    case stringMatches
    case isNull, isPresent, isNumeric, isString, isBoolean, isTimestamp

    /// In the order in which messages name them.
    static let names: [String] = {
        let comparisons = ["Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals"]
        func forms(_ type: String, _ comparisons: [String]) -> [String] {
            comparisons.flatMap { [type + $0, type + $0 + "Path"] }
        }
        return forms("String", comparisons) + ["StringMatches"] + forms("Numeric", comparisons)
            + forms("Boolean", ["Equals"]) + forms("Timestamp", comparisons)
            + ["IsNull", "IsPresent", "IsNumeric", "IsString", "IsBoolean", "IsTimestamp"]
    }()

    static let all: [String: ChoiceOperator] = {
        var all: [String: ChoiceOperator] = [
            "StringMatches": .stringMatches, "IsNull": .isNull, "IsPresent": .isPresent, "IsNumeric": .isNumeric,
            "IsString": .isString, "IsBoolean": .isBoolean, "IsTimestamp": .isTimestamp,
        ]
        let comparisons: [(String, ChoiceCondition.Comparison)] = [
            ("Equals", .equals), ("LessThan", .lessThan), ("GreaterThan", .greaterThan),
            ("LessThanEquals", .lessThanEquals), ("GreaterThanEquals", .greaterThanEquals),
        ]
        for (suffix, isPath) in [("", false), ("Path", true)] {
            all["BooleanEquals" + suffix] = .boolean(isPath: isPath)
            for (name, comparison) in comparisons {
                all["String" + name + suffix] = .string(comparison, isPath: isPath)
                all["Numeric" + name + suffix] = .numeric(comparison, isPath: isPath)
                all["Timestamp" + name + suffix] = .timestamp(comparison, isPath: isPath)
            }
        }
        return all
    }()
}
