import Interpreter

/// Random UUIDs (RFC 9562, version 4) as text.
package enum RandomUUID {
    package static func make() -> String {
        var random = SystemRandomNumberGenerator()
        return make(high: random.next(), low: random.next())
    }

    package static func make(high: UInt64, low: UInt64) -> String { UUIDText.version4(high: high, low: low) }
}
