/// `arn:P:states:R:A:execution:MACHINE:NAME`.
enum ExecutionARN {
    /// `stateMachineARN` is `arn:P:states:R:A:stateMachine:MACHINE`.
    static func make(stateMachineARN: String, name: String, kind: String = "execution") -> String {
        var parts = stateMachineARN.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count > 5 { parts[5] = Substring(kind) }
        return parts.joined(separator: ":") + ":" + name
    }
}
