internal import JSONValue

/// `|pattern|update,delete|`: a function that changes a copy of its argument.
final class TransformNode: Node, @unchecked Sendable {
    let pattern: Node
    let update: Node
    let delete: Node?
    /// `$clone`, which a variable may hide.
    let clone: Node

    /// `<(oa):o>`
    static let signature = Signature(
        definition: "<(oa):o>", parameters: [.init(types: [.object, .array, .missing])])

    init(pattern: Node, update: Node, delete: Node?, clone: Node, _ position: Int) {
        self.pattern = pattern
        self.update = update
        self.delete = delete
        self.clone = clone
        super.init(position)
    }

    override func compute(_ input: Value, _ frame: Frame, _ evaluator: Evaluator) -> Value {
        .function(Function(.transform(self, frame)))
    }

    func transform(_ value: Value, _ frame: Frame, _ evaluator: Evaluator) throws(JSONataError) -> Value {
        if value.isUndefined { return .undefined }
        guard case .function(let cloner) = try clone.evaluate(value, frame, evaluator) else {
            throw JSONataError("T2013", position: position)
        }
        let copy = try evaluator.apply(cloner, [value], context: .null, frame: frame)
        let matches = try pattern.evaluate(copy, frame, evaluator)
        let items = matches.asItems
        for index in 0..<items.count {
            // Objects of the copy are its own, so changing them in place changes the copy.
            let match = items[index]
            try change(match, frame, evaluator)
        }
        return copy
    }

    private func change(_ match: Value, _ frame: Frame, _ evaluator: Evaluator) throws(JSONataError) {
        let changes = try update.evaluate(match, frame, evaluator)
        if !changes.isUndefined {
            guard let members = Members(changes) else {
                throw JSONataError("T2011", changes, position: update.position)
            }
            if case .object(let object) = match {
                for index in 0..<members.count { object[members.keys[index]] = members.values[index] }
                guard object.nesting.level <= Nesting.maximum else { throw .tooDeep(position: position) }
                if object.nesting.hasFunction { evaluator.releaseLater(object) }
            }
        }
        guard let deletions = try delete?.evaluate(match, frame, evaluator), !deletions.isUndefined else { return }
        let keys = deletions.asItems
        try evaluator.spend(keys.count)
        for index in 0..<keys.count {
            guard keys[index].stringValue != nil else {
                throw JSONataError("T2012", deletions, position: delete?.position)
            }
        }
        guard case .object(let object) = match else { return }
        for index in 0..<keys.count {
            if let key = keys[index].stringValue { object.remove(key) }
        }
    }
}
