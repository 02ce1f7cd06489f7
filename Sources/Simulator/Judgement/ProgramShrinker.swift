import JSONValue

/// Smaller programs that are still valid: a field less, or a state less.
enum ProgramShrinker {
    static func smaller(_ machine: Scenario.Machine) -> [Scenario.Machine] {
        removals(machine.definition)
            .map { Scenario.Machine(definition: $0, isExpress: machine.isExpress) }
            .filter { $0.compiled != nil }
    }

    private static func removals(_ value: JSON) -> [JSON] {
        switch value {
        case .object(let object):
            var all: [JSON] = []
            for key in object.keys {
                var less = object
                less[key] = nil
                all.append(.object(less))
                for part in removals(object[key] ?? .null) {
                    var changed = object
                    changed[key] = part
                    all.append(.object(changed))
                }
            }
            return all
        case .array(let array):
            var all: [JSON] = []
            for index in array.indices {
                var less = array
                less.remove(at: index)
                all.append(.array(less))
                for part in removals(array[index]) {
                    var changed = array
                    changed[index] = part
                    all.append(.array(changed))
                }
            }
            return all
        default: return []
        }
    }
}
