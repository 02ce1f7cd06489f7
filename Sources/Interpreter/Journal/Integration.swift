import StatesLanguage

/// As the journal spells it.
extension JournalEvent.Integration: RawRepresentable {
    private static let servicePrefix = "service:"

    package init?(rawValue: String) {
        switch rawValue {
        case "activity": self = .activity
        case "function": self = .function
        case "invoke": self = .invoke
        case "callback": self = .callback
        case _ where rawValue.hasPrefix(Self.servicePrefix):
            self = .service(String(rawValue.dropFirst(Self.servicePrefix.count)))
        default: return nil
        }
    }

    package var rawValue: String {
        switch self {
        case .activity: "activity"
        case .function: "function"
        case .invoke: "invoke"
        case .callback: "callback"
        case .service(let name): Self.servicePrefix + name
        }
    }
}

extension JournalEvent.Integration {
    // Not by `==`, which compares enumerations with raw values by those, and they are texts.
    var isActivity: Bool { if case .activity = self { true } else { false } }

    /// The name of the service; nil for activities and function ARNs.
    var resourceType: String? {
        switch self {
        case .activity, .function: nil
        case .invoke, .callback: "lambda"
        case .service(let name): name
        }
    }
}

extension TaskResource.Pattern {
    /// As the end of the resource says it that events hold.
    init(_ integration: JournalEvent.Integration, _ resource: String) {
        switch integration {
        case .activity, .function: self = .requestResponse
        case .invoke, .callback, .service:
            self =
                Self.allCases.first { $0 != .requestResponse && resource.hasSuffix($0.suffix) } ?? .requestResponse
        }
    }
}
