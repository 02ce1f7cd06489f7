import TaskProtocol

/// Whose tasks a handler takes.
enum TaskSource: Sendable, Hashable {
    case activity(String)
    case function(String)

    var name: String {
        switch self {
        case .activity(let name), .function(let name): name
        }
    }

    func queue(_ names: TopologyNames) -> String {
        switch self {
        case .activity(let name): names.activityQueue(name)
        case .function(let name): names.functionQueue(name)
        }
    }

    func routingKey(_ names: TopologyNames) -> String {
        switch self {
        case .activity(let name): names.activityKey(name)
        case .function(let name): names.functionKey(name)
        }
    }
}
