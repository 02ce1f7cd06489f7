/// `arn:P:states:R:A:execution:MACHINE:NAME`.
enum ExecutionARN {
    /// `stateMachineARN` is `arn:P:states:R:A:stateMachine:MACHINE`.
    static func make(stateMachineARN: String, name: String, kind: String = "execution") -> String {
        // By bytes and in one piece: every start makes one, and substrings cost twenty times as much.
        var (machine, kind, name) = (stateMachineARN, kind, name)
        return machine.withUTF8 { machine in
            kind.withUTF8 { kind in
                name.withUTF8 { name in
                    guard let place = placeOfKind(in: machine) else { return join([machine], name) }
                    return join(
                        [
                            UnsafeBufferPointer(rebasing: machine[..<place.lowerBound]), kind,
                            UnsafeBufferPointer(rebasing: machine[place.upperBound...]),
                        ], name)
                }
            }
        }
    }

    /// Where the sixth part of an ARN is; nil for a text that has fewer.
    private static func placeOfKind(in arn: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
        var colons = 0
        var start = 0
        for (index, byte) in arn.enumerated() where byte == UInt8(ascii: ":") {
            colons += 1
            if colons == 5 { start = index + 1 }
            if colons == 6 { return start..<index }
        }
        return colons == 5 ? start..<arn.count : nil
    }

    private static func join(_ parts: [UnsafeBufferPointer<UInt8>], _ name: UnsafeBufferPointer<UInt8>) -> String {
        String(unsafeUninitializedCapacity: parts.reduce(name.count + 1) { $0 + $1.count }) { text in
            var end = 0
            for part in parts { end = text[end...].initialize(fromContentsOf: part) }
            text.initializeElement(at: end, to: UInt8(ascii: ":"))
            return text[(end + 1)...].initialize(fromContentsOf: name)
        }
    }
}
