import JSONata

/// What Baton can run of what the language offers. A definition that asks for more is refused with
/// ``Diagnostic/Code/notSupported`` at the place that asks.
struct LanguageSupport: Sendable {
    /// The release of JSONata that expressions are written for.
    var jsonataLevel: CompatibilityLevel
    /// `Mode` DISTRIBUTED, and the fields that belong to it.
    var distributedMap: Bool
    /// Service integrations: `SERVICE:ACTION` with its pattern.
    var integrations: Set<String>

    static let current = LanguageSupport(
        jsonataLevel: .v206, distributedMap: false,
        integrations: ["lambda:invoke", "lambda:invoke.waitForTaskToken"])

    func includes(_ resource: TaskResource) -> Bool {
        switch resource.target {
        case .activity, .function: true
        case .service(let name, let action):
            integrations.contains("\(name):\(action)\(resource.pattern.suffix)")
        }
    }

    static let distributedMessage = """
        Distributed Map is not supported yet: set 'Mode' to 'INLINE', or leave 'ProcessorConfig' out
        """

    static func distributedMessage(field: String) -> String {
        "'\(field)' belongs to Distributed Map, which is not supported yet"
    }

    func message(refusing resource: TaskResource) -> String {
        let others = integrations.sorted().map { "arn:aws:states:::\($0)" }.joined(separator: ", ")
        return """
            The resource '\(resource.arn)' is not supported yet. Supported are activities \
            (arn:aws:states:REGION:ACCOUNT:activity:NAME), functions \
            (arn:aws:lambda:REGION:ACCOUNT:function:NAME) and: \(others)
            """
    }
}
