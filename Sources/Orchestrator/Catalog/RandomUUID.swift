import Interpreter

/// Random UUIDs (RFC 9562, version 4) as text.
package enum RandomUUID {
    package static func make() -> String {
        var random = SystemRandomNumberGenerator()
        return UUIDText.version4(high: random.next(), low: random.next())
    }
}
