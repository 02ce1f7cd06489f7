/// What may name a state machine, an execution or an activity.
///
/// https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html: no white space, brackets,
/// wildcards, special or control characters. Lengths are the API model's business.
package enum ResourceName {
    private static let forbidden = Set(" <>{}[]?*\"#%\\^|~`$&,;:/".unicodeScalars)

    package static func isValid(_ name: String) -> Bool {
        name.unicodeScalars.allSatisfy { scalar in
            switch scalar.value {
            case 0x00...0x1F, 0x7F...0x9F, 0xFFFE...0xFFFF: false
            default: !forbidden.contains(scalar) && !scalar.properties.isWhitespace
            }
        }
    }

    package static func check(_ name: String) throws(ServiceError) {
        guard isValid(name) else { throw ServiceError(.invalidName, "Invalid Name: '\(name)'") }
    }
}
