/// The sizes in requests that can be chosen; AWS's by default.
package struct RequestLimits: Sendable, Hashable {
    /// Bytes of UTF-8 of an input or output.
    package var payloadBytes = 262_144
    /// Characters of a definition.
    package var definitionBytes = 1_048_576

    package init() {}

    /// Bytes of the largest request: a definition or a payload within JSON, and what is around it.
    package var requestBytes: Int { max(definitionBytes, payloadBytes) + 65_536 }

    /// The operation, with these limits in the place of AWS's.
    func applied(to operation: Operation) -> Operation {
        guard self != RequestLimits() else { return operation }
        var operation = operation
        for index in operation.members.indices {
            guard case .string(var shape) = operation.members[index].shape else { continue }
            switch (shape.maximum, shape.countsBytes) {
            case (262_144?, true): shape.maximum = payloadBytes
            case (1_048_576?, false): shape.maximum = definitionBytes
            default: continue
            }
            operation.members[index].shape = .string(shape)
        }
        return operation
    }
}
