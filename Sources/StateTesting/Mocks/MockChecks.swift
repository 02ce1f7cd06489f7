import JSONValue
import StatesLanguage

extension StateTestRequest.Mock {
    /// The mocked result, if it is one that the state could get; nil if an error is mocked.
    func result(for subject: TestSubject) throws(StateTestError) -> JSON? {
        guard let result else { return nil }
        let value: JSON
        do throws(JSONError) {
            value = try JSON(parsing: result)
        } catch {
            throw StateTestError(.invalidRequest, "Mocked result must be valid JSON")
        }
        switch subject.state.kind {
        case .parallel: try Self.expectArray(value)
        case .map(let map):
            // What a ResultWriter leaves is where it wrote the results.
            guard map.distributed?.writer?.exports == true else {
                try Self.expectArray(value)
                break
            }
            guard value.objectValue != nil else {
                throw StateTestError(.invalidRequest, "Mocked result must be a JSON object.")
            }
        case .task(let task) where validation != .none:
            guard let shape = MockedOutput(of: task.resource) else { break }
            try shape.check(value, isStrict: validation == .strict)
        default: break
        }
        return value
    }

    private static func expectArray(_ value: JSON) throws(StateTestError) {
        guard value.arrayValue != nil else {
            throw StateTestError(.invalidRequest, "Mocked result must be an array.")
        }
    }
}
