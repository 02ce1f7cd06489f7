import JSONValue

/// Which variables the states of one block may find set when they are entered, by the ways that lead to them.
struct AssignmentFlow {
    /// A way from one state to another, and what is assigned on it.
    private struct Edge {
        let target: String
        let names: Set<String>
    }

    private var edges: [String: [Edge]] = [:]
    private(set) var namesBefore: [String: Set<String>] = [:]

    /// - Parameters:
    ///   - states: The members of a `States` object; what is wrong with them is left to others.
    ///   - names: The names that an object's `Assign` gives, in the language of this state.
    init(states: [(key: String, node: SourceNode)], names: (_ object: SourceNode, _ state: SourceNode) -> Set<String>) {
        for (name, state) in states {
            let own = names(state, state)
            for key in ["Next", "Default"] { add(from: name, to: state[key], own) }
            for place in (state["Choices"]?.elements ?? []) + (state["Catch"]?.elements ?? []) {
                add(from: name, to: place["Next"], names(place, state))
            }
        }
        spread()
    }

    private mutating func add(from state: String, to target: SourceNode?, _ names: Set<String>) {
        guard let target = target?.value.stringValue else { return }
        edges[state, default: []].append(Edge(target: target, names: names))
    }

    /// Follows the edges until nothing is new: a state's set grows at most once for each name.
    private mutating func spread() {
        var open = Array(edges.keys)
        while let state = open.popLast() {
            let before = namesBefore[state] ?? []
            for edge in edges[state] ?? [] {
                let old = namesBefore[edge.target] ?? []
                let new = old.union(before).union(edge.names)
                guard new.count > old.count else { continue }
                namesBefore[edge.target] = new
                open.append(edge.target)
            }
        }
    }
}
