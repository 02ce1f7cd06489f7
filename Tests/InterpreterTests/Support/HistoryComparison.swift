import JSONValue

/// Compares two histories. Branches run at the same time, so events that follow the same event may come in any order;
/// all others may not.
struct HistoryComparison {
    private(set) var differences: [String] = []
    private(set) var sameTypes = false

    init(expected: [JSON], actual: [JSON], unifier: inout Unifier) {
        let wanted = expected.map { $0["type"] ?? .null }
        let got = actual.map { $0["type"] ?? .null }
        func sorted(_ types: [JSON]) -> [String] { types.map { $0.serialized() }.sorted() }
        sameTypes = wanted == got || sorted(wanted) == sorted(got)
        if expected.contains(where: { $0["id"]?.isNull ?? true }) {
            // The order of these was lost, and of some everything.
            compareLost(expected, actual, &unifier)
            sameTypes = differences.isEmpty
            return
        }
        if expected.count != actual.count {
            let types = got.map { $0.stringValue ?? "" }
            differences.append("\(expected.count) events recorded, got \(actual.count): \(types)")
        }
        var inOrder = unifier
        var found: [String] = []
        for (one, other) in zip(expected, actual) { found += Self.compare(one, other, &inOrder, links: true) }
        if !found.isEmpty, wanted.contains("MapIterationStarted") || wanted.contains("ParallelStateStarted") {
            var tree = unifier
            let trial = Self.compareTrees(Self.children(expected), Self.children(actual), 0, 0, &tree)
            if trial.isEmpty {
                unifier = tree
                return
            }
        }
        unifier = inOrder
        differences += found
    }

    private static func compare(
        _ expected: JSON, _ actual: JSON, _ unifier: inout Unifier, links: Bool
    ) -> [String] {
        guard case .object(var left) = expected, case .object(var right) = actual else { return ["not an event"] }
        let type = left["type"]?.stringValue
        guard let type else { return [] }
        if !links {
            for key in ["id", "previousEventId"] {
                left[key] = nil
                right[key] = nil
            }
        }
        left["timestamp"] = nil
        right["timestamp"] = nil
        var trial = Unifier(kinds: unifier.kinds, literals: unifier.literals, tolerated: unifier.tolerated)
        trial.bound = unifier.bound
        trial.compare(.object(left), .object(right), "#\(expected["id"]?.serialized() ?? "?") \(type)")
        unifier.bound = trial.bound
        return trial.differences
    }

    private static func children(_ events: [JSON]) -> [Int64: [JSON]] {
        var children: [Int64: [JSON]] = [:]
        for event in events { children[event["previousEventId"]?.intValue ?? 0, default: []].append(event) }
        return children
    }

    private static func compareTrees(
        _ expected: [Int64: [JSON]], _ actual: [Int64: [JSON]], _ left: Int64, _ right: Int64,
        _ unifier: inout Unifier
    ) -> [String] {
        let wanted = expected[left] ?? []
        var candidates = actual[right] ?? []
        guard wanted.count == candidates.count else { return ["\(wanted.count) events follow #\(left)"] }
        for event in wanted {
            guard
                let match = candidates.firstIndex(where: { candidate in
                    var trial = unifier
                    guard compare(event, candidate, &trial, links: false).isEmpty else { return false }
                    guard
                        compareTrees(
                            expected, actual, event["id"]?.intValue ?? -1, candidate["id"]?.intValue ?? -1, &trial
                        ).isEmpty
                    else { return false }
                    unifier = trial
                    return true
                })
            else { return ["nothing like #\(event["id"]?.serialized() ?? "?")"] }
            candidates.remove(at: match)
        }
        return []
    }

    private mutating func compareLost(_ expected: [JSON], _ actual: [JSON], _ unifier: inout Unifier) {
        guard expected.count == actual.count else {
            differences.append("\(expected.count) events recorded, got \(actual.count)")
            return
        }
        var left: [JSON] = []
        for (event, other) in zip(expected, actual) where event["id"]?.isNull ?? true { left.append(other) }
        for (event, other) in zip(expected, actual) where !(event["id"]?.isNull ?? true) {
            differences += Self.compare(event, other, &unifier, links: event["previousEventId"]?.intValue != nil)
        }
        for event in expected where (event["id"]?.isNull ?? true) && event["type"]?.stringValue != nil {
            let match = left.firstIndex { candidate in
                var trial = unifier
                guard Self.compare(event, candidate, &trial, links: false).isEmpty else { return false }
                unifier = trial
                return true
            }
            if let match {
                left.remove(at: match)
            } else {
                differences.append("nothing like \(event.serialized().prefix(200))")
            }
        }
    }
}
