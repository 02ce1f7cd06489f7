import JSONata

/// What Baton can run of what the language offers. A definition that asks for more is refused with
/// ``Diagnostic/Code/notSupported`` at the place that asks.
struct LanguageSupport: Sendable {
    /// The release of JSONata that expressions are written for.
    var jsonataLevel: CompatibilityLevel
    /// `Mode` DISTRIBUTED, and the fields that belong to it.
    var distributedMap: Bool

    static let current = LanguageSupport(
        jsonataLevel: .v206, distributedMap: false)

    /// Everything that the language offers: for what is looked at, or run with stand-ins.
    static let everything = LanguageSupport(jsonataLevel: current.jsonataLevel, distributedMap: true)

    static let distributedMessage = """
        Distributed Map is not supported yet: set 'Mode' to 'INLINE', or leave 'ProcessorConfig' out
        """

    static func distributedMessage(field: String) -> String {
        "'\(field)' belongs to Distributed Map, which is not supported yet"
    }
}
