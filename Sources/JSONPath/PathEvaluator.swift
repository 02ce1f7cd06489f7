import JSONValue

/// One evaluation of a path. Bounded: the values visited, the results, and the steps of regular expressions.
struct PathEvaluator {
    /// What `$` stands for within filters.
    let document: JSON
    private(set) var results: [JSON] = []
    /// A path alone in a filter exists only if no value that it visits lacks a key.
    private var requiresProperties = false
    private let visits: Int
    private var visitsLeft: Int
    private let regexSteps: Int
    var regexStepsLeft: Int
    /// Values of the paths on the document, by their number.
    var documentValues: [Int: FilterValue] = [:]

    static let maximumVisits = 2_000_000
    static let maximumRegexSteps = 2_000_000

    /// A step of a regular expression is a fraction of a visit.
    private static let regexStepsPerVisit = 8

    init(document: JSON, meter: WorkMeter?) {
        self.document = document
        let granted = max(0, meter?.stepsLeft ?? .max)
        visits = min(Self.maximumVisits, granted)
        visitsLeft = visits
        regexSteps = granted < Self.maximumRegexSteps ? granted * Self.regexStepsPerVisit : Self.maximumRegexSteps
        regexStepsLeft = regexSteps
    }

    /// What was used up; more than was granted if that was too little.
    var steps: Int {
        visits - visitsLeft + (regexSteps - max(regexStepsLeft, 0)) / Self.regexStepsPerVisit
            + (regexStepsLeft < 0 ? 1 : 0)
    }

    mutating func evaluate(_ plan: PathPlan, on root: JSON) throws(PathError) -> JSON {
        if let value = plan.simpleValue(on: root) { return value }
        return try gather(plan, on: root, requiringProperties: false, missingPrefixIsEmpty: true)
    }

    /// As `evaluate`, but for a path within a filter: there a missing prefix is a miss for any path.
    mutating func evaluateNested(
        _ plan: PathPlan, on root: JSON, requiringProperties: Bool
    ) throws(PathError) -> JSON {
        if let value = plan.simpleValue(on: root) { return value }
        return try gather(plan, on: root, requiringProperties: requiringProperties, missingPrefixIsEmpty: false)
    }

    private mutating func gather(
        _ plan: PathPlan, on root: JSON, requiringProperties: Bool, missingPrefixIsEmpty: Bool
    ) throws(PathError) -> JSON {
        let outer = (results, requiresProperties)
        defer { (results, requiresProperties) = outer }
        results = []
        requiresProperties = requiringProperties
        // A function at the end of `..` applies to all that was found.
        if plan.steps.count > 2, case .descendants = plan.steps.first, case .function(let function) = plan.steps.last {
            let inner = PathPlan(Array(plan.steps.dropLast()))
            let found = try gather(
                inner, on: root, requiringProperties: requiringProperties, missingPrefixIsEmpty: missingPrefixIsEmpty)
            return try apply(function, to: found)
        }
        do throws(PathError) {
            try visit(plan, 0, root)
        } catch {
            guard error.code == .notFound, missingPrefixIsEmpty, !plan.isDefinite else { throw error }
            return .array([])
        }
        guard plan.isDefinite else { return .array(results) }
        guard let value = results.last else { throw PathError(.notFound, "No results for path: \(plan.text)") }
        return value
    }

    private mutating func countVisit() throws(PathError) {
        visitsLeft -= 1
        guard visitsLeft >= 0 else {
            throw PathError(.exception, "The path visits more than \(visits) values")
        }
    }

    /// Applies the step at `index`, and all after it, to a value.
    private mutating func visit(_ plan: PathPlan, _ index: Int, _ value: JSON) throws(PathError) {
        try countVisit()
        guard index < plan.steps.count else {
            results.append(value)
            return
        }
        switch plan.steps[index] {
        case .property(let key):
            guard let object = try object(value, keys: [key], plan, index) else { return }
            try visitMember(key, of: object, plan, index)
        case .properties(let keys):
            guard let object = try object(value, keys: keys, plan, index) else { return }
            guard index == plan.steps.count - 1 else {
                for key in keys { try visitMember(key, of: object, plan, index) }
                return
            }
            var merged = JSONObject()
            for key in keys {
                if let member = object[key] {
                    merged[key] = member
                } else if requiresProperties {
                    throw PathError(.notFound, "Missing property in path \(plan.text(upTo: index))['\(key)']")
                }
            }
            results.append(.object(merged))
        case .index(let position):
            guard let elements = try elements(value, plan, index) else { return }
            try visitElement(position, of: elements, plan, index)
        case .indexes(let positions):
            guard let elements = try elements(value, plan, index) else { return }
            for position in positions { try visitElement(position, of: elements, plan, index) }
        case .slice(let slice):
            guard let elements = try elements(value, plan, index) else { return }
            for position in Self.range(of: slice, count: elements.count) {
                try visitElement(position, of: elements, plan, index)
            }
        case .wildcard:
            try visitChildren(of: value, plan, index)
        case .descendants:
            try walk(value, plan, index + 1)
        case .filter(let expression):
            try visitMatches(of: expression, value, plan, index)
        case .function(let function):
            let result = try apply(function, to: value)
            results.append(result)
            if index < plan.steps.count - 1 { try visit(plan, index + 1, result) }
        }
    }

    private func object(
        _ value: JSON, keys: [String], _ plan: PathPlan, _ index: Int
    ) throws(PathError) -> JSONObject? {
        if case .object(let object) = value { return object }
        guard plan.isUpstreamDefinite[index] else { return nil }
        let names = keys.map { "'\($0)'" }.joined(separator: ",")
        throw PathError(
            .notFound,
            "Expected to find an object with property [\(names)] in path \(plan.text(upTo: index)) but found "
                + "'\(value.javaClassName)'. This is not a json object according to the JsonProvider: "
                + "'com.jayway.jsonpath.spi.json.JacksonJsonProvider'.")
    }

    private mutating func visitMember(
        _ key: String, of object: JSONObject, _ plan: PathPlan, _ index: Int
    ) throws(PathError) {
        if let member = object[key] {
            try visit(plan, index + 1, member)
            return
        }
        if index == plan.steps.count - 1 {
            guard requiresProperties else { return }
            throw PathError(.notFound, "No results for path: \(plan.text)")
        }
        guard requiresProperties || plan.isUpstreamDefinite[index] && plan.steps[index].isDefinite(isLast: false) else {
            return
        }
        throw PathError(.notFound, "Missing property in path \(plan.text(upTo: index))['\(key)']")
    }

    private func elements(_ value: JSON, _ plan: PathPlan, _ index: Int) throws(PathError) -> [JSON]? {
        if case .array(let elements) = value { return elements }
        guard plan.isUpstreamDefinite[index] else { return nil }
        if value.isNull { throw PathError(.notFound, "The path \(plan.text(upTo: index)) is null") }
        throw PathError(
            .notFound,
            "Filter: \(plan.steps[index].text) can only be applied to arrays. Current context is: \(value.javaText)")
    }

    private mutating func visitElement(
        _ position: Int, of elements: [JSON], _ plan: PathPlan, _ index: Int
    ) throws(PathError) {
        let position = position < 0 ? elements.count + position : position
        guard elements.indices.contains(position) else { return }
        try visit(plan, index + 1, elements[position])
    }

    /// Positions as Jayway counts them: with two bounds negative ones are resolved one by one, so that `[-2:2]` runs
    /// over the last two elements and then the first two.
    private static func range(of slice: PathStep.Slice, count: Int) -> Range<Int> {
        switch (slice.from, slice.to) {
        case (let from?, nil):
            let from = max(0, from < 0 ? count + from : from)
            return from < count ? from..<count : 0..<0
        case (let from?, let to?):
            let to = min(count, to)
            // Positions below -count select nothing.
            let first = max(from, -count)
            return first < to && count > 0 ? first..<to : 0..<0
        case (nil, let to):
            let to = to ?? count
            return 0..<max(0, min(count, to < 0 ? count + to : to))
        }
    }

    private mutating func visitChildren(of value: JSON, _ plan: PathPlan, _ index: Int) throws(PathError) {
        switch value {
        case .object(let object):
            for member in object.members { try visit(plan, index + 1, member.value) }
        case .array(let elements):
            for element in elements { try visit(plan, index + 1, element) }
        default:
            return
        }
    }

    /// Applies the step after `..` to a value and all its descendants, parents first.
    private mutating func walk(_ value: JSON, _ plan: PathPlan, _ index: Int) throws(PathError) {
        try countVisit()
        switch value {
        case .object(let object):
            if try isCandidate(value, plan, index) { try visit(plan, index, value) }
            for member in object.members { try walk(member.value, plan, index) }
        case .array(let elements):
            if try isCandidate(value, plan, index) { try visit(plan, index, value) }
            for element in elements { try walk(element, plan, index) }
        default:
            return
        }
    }

    private mutating func isCandidate(_ value: JSON, _ plan: PathPlan, _ index: Int) throws(PathError) -> Bool {
        switch plan.steps[index] {
        case .property(let key):
            return value.objectValue?[key] != nil
        case .properties(let keys):
            guard let object = value.objectValue else { return false }
            return index < plan.steps.count - 1 || keys.allSatisfy { object[$0] != nil }
        case .index, .indexes, .slice:
            return value.arrayValue != nil
        case .wildcard:
            return true
        case .filter(let expression):
            return try matches(expression, value)
        case .function, .descendants:
            return false
        }
    }

    private mutating func visitMatches(
        of expression: FilterExpression, _ value: JSON, _ plan: PathPlan, _ index: Int
    ) throws(PathError) {
        switch value {
        case .object:
            if try matches(expression, value) { try visit(plan, index + 1, value) }
        case .array(let elements):
            for element in elements where try matches(expression, element) { try visit(plan, index + 1, element) }
        default:
            guard plan.isUpstreamDefinite[index] else { return }
            throw PathError(
                .invalid,
                "Filter: [?] can not be applied to primitives. Current context is: \(value.javaText)")
        }
    }

    mutating func evaluatesWithoutError(_ plan: PathPlan, on value: JSON) throws(PathError) -> Bool {
        do throws(PathError) {
            _ = try evaluateNested(plan, on: value, requiringProperties: true)
            return true
        } catch {
            guard error.code == .notFound else { throw error }
            return false
        }
    }

    /// Counts what a filter does beyond visiting values, such as comparing lists.
    mutating func countVisits(_ count: Int) throws(PathError) {
        visitsLeft -= count
        try countVisit()
    }
}
