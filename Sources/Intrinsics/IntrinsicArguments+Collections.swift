import JSONValue

extension IntrinsicArguments {
    func arrayPartition() throws(IntrinsicError) -> JSON {
        let elements = try array(0)
        let size = try roundedInteger(1)
        guard size >= 1 else { throw failure("the size of a chunk must be positive") }
        guard size < elements.count else { return .array(elements.isEmpty ? [] : [.array(elements)]) }
        let step = Int(size)
        return .array(
            stride(from: 0, to: elements.count, by: step).map { start in
                .array(Array(elements[start..<min(start + step, elements.count)]))
            })
    }

    /// From the first to the last number, which is included if a step hits it.
    func arrayRange() throws(IntrinsicError) -> JSON {
        let (start, end, step) = (try roundedInteger(0), try roundedInteger(1), try roundedInteger(2))
        guard step != 0 else { throw failure("the step must not be 0") }
        guard start == end || (start < end) == (step > 0) else { return .array([]) }
        let distance = end > start ? end.subtractingReportingOverflow(start) : start.subtractingReportingOverflow(end)
        let width = UInt64(bitPattern: distance.partialValue)
        guard width / step.magnitude < UInt64(Self.maximumRangeCount) else {
            throw failure("the array would have more than \(Self.maximumRangeCount) items")
        }
        let count = Int64(width / step.magnitude)
        return .array((0...count).map { .int(start &+ $0 &* step) })
    }

    func arrayGetItem() throws(IntrinsicError) -> JSON {
        let elements = try array(0)
        guard let number = values[1].doubleValue, let index = Int(exactly: number) else {
            throw wrongType(1, "an integer")
        }
        guard elements.indices.contains(index) else {
            throw failure("index \(index) is outside of an array of \(elements.count)")
        }
        return elements[index]
    }

    func arrayUnique() throws(IntrinsicError) -> JSON {
        var seen: Set<EquivalentJSON> = []
        return .array(try array(0).filter { seen.insert(EquivalentJSON($0)).inserted })
    }

    /// Members of the second object win; with `true` objects in both are merged in their turn.
    func jsonMerge() throws(IntrinsicError) -> JSON {
        let (left, right) = (try object(0), try object(1))
        guard case .bool(let isDeep) = values[2] else { throw wrongType(2, "a boolean") }
        return .object(isDeep ? Self.deepMerge(left, right) : left.merging(right))
    }

    private static func deepMerge(_ left: JSONObject, _ right: JSONObject) -> JSONObject {
        var result = left
        for (key, value) in right {
            if case .object(let inner) = value, case .object(let old) = result[key] {
                result[key] = .object(deepMerge(old, inner))
            } else {
                result[key] = value
            }
        }
        return result
    }

    func mathAdd() throws(IntrinsicError) -> JSON {
        let (sum, overflow) = try roundedInteger(0).addingReportingOverflow(roundedInteger(1))
        guard !overflow else { throw failure("the sum is too large") }
        return .int(sum)
    }

    /// From the first number to below the second. With a seed the same number every time.
    func mathRandom(using random: inout some RandomNumberGenerator) throws(IntrinsicError) -> JSON {
        let (start, end) = (try roundedInteger(0), try roundedInteger(1))
        guard start < end else { throw failure("the end must be greater than the start") }
        guard values.count > 2 else { return .int(Int64.random(in: start..<end, using: &random)) }
        var seeded = JavaRandom(seed: try roundedInteger(2))
        return .int(seeded.next(in: start..<end))
    }
}
