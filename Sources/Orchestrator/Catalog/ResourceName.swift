/// What may name a state machine, an execution or an activity.
///
/// https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html: no white space, brackets,
/// wildcards, special or control characters. Lengths are the API model's business.
package enum ResourceName {
    private static let forbidden = Set(" <>{}[]?*\"#%\\^|~`$&,;:/".utf8)

    package static func isValid(_ name: String) -> Bool {
        // Most names are of these alone.
        if name.utf8.allSatisfy(isPlain) { return true }
        return name.unicodeScalars.allSatisfy { scalar in
            switch scalar.value {
            case 0x00...0x1F, 0x7F...0x9F, 0xFFFE...0xFFFF: false
            case 0x20...0x7E: !forbidden.contains(UInt8(scalar.value))
            default: !scalar.properties.isWhitespace
            }
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
        default: false
        }
    }

    package static func check(_ name: String) throws(ServiceError) {
        guard isValid(name) else { throw ServiceError(.invalidName, "Invalid Name: '\(name)'") }
    }
}
