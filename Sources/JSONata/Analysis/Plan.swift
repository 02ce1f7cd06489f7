/// An analysed expression, ready to be evaluated any number of times.
// Proof: constants only, and nodes that nobody changes once the plan is made.
final class Plan: @unchecked Sendable {
    let root: Node
    let names: VariableNames

    init(root: Node, names: VariableNames) {
        self.root = root
        self.names = names
    }
}
