/// The number of a variable's name within one expression.
typealias VariableID = Int

/// Names of variables and their numbers.
struct VariableNames {
    private(set) var names: [String] = []
    private var numbers: [String: VariableID] = [:]

    mutating func id(of name: String) -> VariableID {
        if let id = numbers[name] { return id }
        names.append(name)
        numbers[name] = names.count - 1
        return names.count - 1
    }

    /// A number for a variable that has no name in the source.
    mutating func anonymous() -> VariableID {
        names.append("")
        return names.count - 1
    }
}

struct Binding {
    let id: VariableID
    var value: Value
}

/// Variables of one scope. Scopes are small, hence searched linearly.
final class Frame {
    private let parent: Frame?
    private var bindings: [Binding]
    private(set) var nesting = Nesting()

    init(parent: Frame?, bindings: [Binding] = []) {
        self.parent = parent
        self.bindings = bindings
        if let parent { nesting.contain(parent.nesting) }
        for binding in bindings { nesting.contain(binding.value) }
    }

    /// Gives the values up, so that functions among them do not keep this scope, and themselves, for ever.
    func removeAll() { bindings = [] }

    func bind(_ id: VariableID, _ value: Value) {
        nesting.contain(value)
        for index in bindings.indices where bindings[index].id == id {
            bindings[index].value = value
            return
        }
        bindings.append(Binding(id: id, value: value))
    }

    /// The value in this scope or the nearest around it. A variable may be bound to nothing.
    func lookup(_ id: VariableID) -> Value? {
        var frame = self
        while true {
            for binding in frame.bindings where binding.id == id { return binding.value }
            guard let parent = frame.parent else { return nil }
            frame = parent
        }
    }
}
