/// `arn:P:states:R:A:execution:MACHINE:NAME`.
enum ExecutionARN {
    /// `stateMachineARN` is `arn:P:states:R:A:stateMachine:MACHINE`.
    static func make(stateMachineARN: String, name: String, kind: String = "execution") -> String {
        // By bytes: every start makes one, and characters cost fifty times as much.
        let parts = Substring(stateMachineARN).utf8
            .split(separator: UInt8(ascii: ":"), maxSplits: 6, omittingEmptySubsequences: false)
        guard parts.count > 5 else { return "\(stateMachineARN):\(name)" }
        let prefix = stateMachineARN[..<parts[5].startIndex]
        let machine = stateMachineARN[parts[5].endIndex...]
        return "\(prefix)\(kind)\(machine):\(name)"
    }
}
