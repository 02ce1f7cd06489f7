internal import JSONValue

/// The number of a variable's name within one expression.
typealias VariableID = Int

/// Names of variables and their numbers.
struct VariableNames {
    private(set) var names: [String] = []
    /// Only for many names; few are found faster one by one.
    private var numbers: [UTF8Key: VariableID] = [:]

    mutating func id(of name: String) -> VariableID {
        if names.count <= 16 {
            for id in names.indices where names[id].hasSameUTF8(as: name) { return id }
        } else {
            if numbers.isEmpty {
                for (id, name) in names.enumerated() where !name.isEmpty { numbers[UTF8Key(name)] = id }
            }
            if let id = numbers[UTF8Key(name)] { return id }
            numbers[UTF8Key(name)] = names.count
        }
        names.append(name)
        return names.count - 1
    }

    /// A number for a variable that has no name in the source.
    mutating func anonymous() -> VariableID {
        names.append("")
        return names.count - 1
    }
}

/// Variables of one scope. Scopes are small, hence searched linearly.
final class Frame {
    private let parent: Frame?
    @exclusivity(unchecked) private var ids: [VariableID]
    @exclusivity(unchecked) private var values: [Value]
    @exclusivity(unchecked) private(set) var nesting = Nesting()

    /// The arrays are of the same length.
    init(parent: Frame?, ids: [VariableID] = [], values: [Value] = []) {
        self.parent = parent
        self.ids = ids
        self.values = values
        if let parent { nesting.contain(parent.nesting) }
        for value in values { nesting.contain(value) }
    }

    /// Gives the values up, so that functions among them do not keep this scope, and themselves, for ever.
    func removeAll() {
        ids = []
        values = []
    }

    func bind(_ id: VariableID, _ value: Value) {
        nesting.contain(value)
        for index in ids.indices where ids[index] == id {
            values[index] = value
            return
        }
        ids.append(id)
        values.append(value)
    }

    /// The value in this scope or the nearest around it. A variable may be bound to nothing.
    func lookup(_ id: VariableID) -> Value? {
        var frame = self
        while true {
            for index in 0..<frame.ids.count where frame.ids[index] == id { return frame.values[index] }
            guard let parent = frame.parent else { return nil }
            frame = parent
        }
    }
}
