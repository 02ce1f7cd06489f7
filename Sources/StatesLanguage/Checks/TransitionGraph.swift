/// The states of one block and how they lead to each other.
struct TransitionGraph {
    struct Edge {
        let target: String
        /// The field that names the target.
        let node: SourceNode
    }

    struct Vertex {
        let name: String
        let node: SourceNode
        var edges: [Edge] = []
        var isTerminal = false
        /// Where it leads is unknown, for the state itself is wrong.
        var isOpaque = false

        init(name: String, node: SourceNode) {
            self.name = name
            self.node = node
        }
    }

    private(set) var vertices: [Vertex] = []
    private var indices: [String: Int] = [:]

    mutating func add(_ vertex: Vertex) {
        if indices[vertex.name] == nil { indices[vertex.name] = vertices.count }
        vertices.append(vertex)
    }

    func contains(_ name: String) -> Bool { indices[name] != nil }

    /// Edges that lead nowhere, in order.
    var dangling: [Edge] { vertices.flatMap(\.edges).filter { !contains($0.target) } }

    var hasEnd: Bool { vertices.contains { $0.isTerminal || $0.isOpaque } }

    /// States that no way from the start leads to. Of those that only unreachable states lead to none is named: they
    /// are reachable again once the others are.
    func unreachable(from start: String) -> [Vertex] {
        guard !vertices.contains(where: \.isOpaque) else { return [] }
        var isVisited = Array(repeating: false, count: vertices.count)
        func visit(_ first: Int) {
            var open = [first]
            while let index = open.popLast() {
                guard !isVisited[index] else { continue }
                isVisited[index] = true
                open += vertices[index].edges.compactMap { indices[$0.target] }
            }
        }
        if let index = indices[start] { visit(index) }
        var hasEntry = Array(repeating: false, count: vertices.count)
        for (index, vertex) in vertices.enumerated() {
            for edge in vertex.edges {
                if let target = indices[edge.target], target != index { hasEntry[target] = true }
            }
        }
        var found: [Int] = []
        // Those that nothing leads to come first; what remains after them are circles, one of each is named.
        for isCircle in [false, true] {
            for index in vertices.indices where !isVisited[index] && (isCircle || !hasEntry[index]) {
                found.append(index)
                visit(index)
            }
        }
        return found.sorted().map { vertices[$0] }
    }
}

extension DefinitionDecoder {
    mutating func check(_ graph: TransitionGraph, of block: SourceNode, startAt: String?) {
        if isFragment && blockDepth == 1 { return }
        if let startAt, let node = block["StartAt"], !graph.contains(startAt) {
            report("Missing 'Next' target: \(startAt)", at: node, code: Code.missingTarget)
        }
        for edge in graph.dangling {
            report("Missing 'Next' target: \(edge.target)", at: edge.node, code: Code.missingTarget)
        }
        guard graph.hasEnd else {
            report(wholeOf: block, "Workflow has no terminal state", code: Code.missingEndState)
            return
        }
        guard let startAt else { return }
        for vertex in graph.unreachable(from: startAt) {
            report(
                stateNamed: vertex.node, "State \"\(vertex.name)\" is not reachable.", code: Code.missingTarget)
        }
    }
}
