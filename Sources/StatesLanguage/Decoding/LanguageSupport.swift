import JSONata

/// What Baton can run of what the language offers.
struct LanguageSupport: Sendable {
    /// The release of JSONata that expressions are written for.
    var jsonataLevel: CompatibilityLevel

    static let current = LanguageSupport(jsonataLevel: .v206)
}
