package import JSONata

/// What Baton can run of what the language offers.
package struct LanguageSupport: Sendable {
    /// The release of JSONata that expressions are written for.
    package var jsonataLevel: CompatibilityLevel

    /// What AWS runs.
    package static let current = LanguageSupport(jsonataLevel: .v206)
    /// For what is only read: with the newest release of JSONata.
    package static let newest = current.at(.v22)

    /// The same with another release of JSONata: a choice of whoever runs Baton.
    package func at(_ level: CompatibilityLevel) -> LanguageSupport {
        var support = self
        support.jsonataLevel = level
        return support
    }
}
