import JSONValue

/// The steps of a path after its root.
struct PathPlan: Sendable {
    let steps: [PathStep]
    /// For each step, whether all before it are definite: only then a miss is an error.
    let isUpstreamDefinite: [Bool]
    let isDefinite: Bool
    /// The steps of the usual path, of keys and indexes; nil if there is more to it.
    private let places: [Place]?

    private enum Place: Sendable {
        case key(String)
        case index(Int)

        init?(_ step: PathStep) {
            switch step {
            case .property(let key): self = .key(key)
            case .index(let index): self = .index(index)
            default: return nil
            }
        }
    }

    init(_ steps: [PathStep]) {
        self.steps = steps
        var isUpstreamDefinite: [Bool] = []
        var isDefinite = true
        for (index, step) in steps.enumerated() {
            isUpstreamDefinite.append(isDefinite)
            if !step.isDefinite(isLast: index == steps.count - 1) { isDefinite = false }
        }
        self.isUpstreamDefinite = isUpstreamDefinite
        self.isDefinite = isDefinite
        let places = steps.compactMap { Place($0) }
        self.places = places.count == steps.count ? places : nil
    }

    /// The first `count` steps in bracket notation.
    func text(upTo count: Int) -> String {
        steps.prefix(count).reduce(into: "$") { text, step in
            // A function adds nothing to the path of its result.
            if case .function = step { return }
            text += step.text
        }
    }

    var text: String { text(upTo: steps.count) }

    /// The value of the usual path, of keys and indexes. Nil if there is more to the path, or nothing there.
    func simpleValue(on root: JSON) -> JSON? {
        guard let places else { return nil }
        var value = root
        for place in places {
            switch place {
            case .key(let key):
                guard case .object(let object) = value, let member = object[key] else { return nil }
                value = member
            case .index(let index):
                guard case .array(let elements) = value else { return nil }
                let position = index < 0 ? elements.count + index : index
                guard elements.indices.contains(position) else { return nil }
                value = elements[position]
            }
        }
        return value
    }
}

enum PathStep: Sendable {
    /// `.a`, `['a']`
    case property(String)
    /// `['a','b']`
    case properties([String])
    /// `[0]`, `[-1]`
    case index(Int)
    /// `[0,2]`
    case indexes([Int])
    case slice(Slice)
    /// `.*`, `[*]`
    case wildcard
    /// `..`: the next step applies to the value and all its descendants.
    case descendants
    /// `[?( )]`
    case filter(FilterExpression)
    /// `.name( )`
    case function(PathFunction)

    /// At least one bound is present.
    struct Slice: Sendable {
        let from: Int?
        let to: Int?
    }

    /// Several keys at the end are gathered into one object, which makes them definite.
    func isDefinite(isLast: Bool) -> Bool {
        switch self {
        case .property, .index, .function: true
        case .properties: isLast
        case .indexes, .slice, .wildcard, .descendants, .filter: false
        }
    }

    var text: String {
        switch self {
        case .property(let key): "['\(key)']"
        case .properties(let keys): "[" + keys.map { "'\($0)'" }.joined(separator: ",") + "]"
        case .index(let index): "[\(index)]"
        case .indexes(let indexes): "[" + indexes.map(String.init).joined(separator: ",") + "]"
        case .slice(let slice): "[\(slice.from.map(String.init) ?? ""):\(slice.to.map(String.init) ?? "")]"
        case .wildcard: "[*]"
        case .descendants: ".."
        case .filter: "[?]"
        case .function(let function): ".\(function.name.rawValue)()"
        }
    }
}

struct PathFunction: Sendable {
    enum Name: String, Sendable {
        case length, size, min, max, avg, sum, stddev, keys, first, last, index, append, concat
    }

    enum Argument: Sendable {
        case value(JSON)
        /// `$...`, on the whole document.
        case documentPath(PathPlan)
        /// `@...`, on the value to which the function applies.
        case currentPath(PathPlan)
    }

    let name: Name
    let arguments: [Argument]
}
