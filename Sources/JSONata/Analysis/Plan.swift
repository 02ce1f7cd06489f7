/// An analysed expression, ready to be evaluated any number of times.
final class Plan: @unchecked Sendable {
    let root: Node
    let names: VariableNames

    init(root: Node, names: VariableNames) {
        self.root = root
        self.names = names
    }
}
