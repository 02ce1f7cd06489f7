import Interpreter
import JSONValue
import StateTesting
import Testing

/// Runs tests at a fixed time, with a fixed execution around them.
enum Bench {
    static let now = Timestamp(milliseconds: 1_767_225_600_000)

    static func test(_ request: StateTestRequest) throws(StateTestError) -> StateTest {
        var random = SystemRandomNumberGenerator()
        return try StateTest(
            request,
            identity: .ofTest(prefix: "arn:aws:states:eu-west-1:111122223333", machine: "M", name: "E", at: now),
            at: now, using: &random)
    }

    /// The answer of TestState, with the texts in it that are JSON read.
    static func answer(_ request: StateTestRequest, level: StateTestReport.Level = .debug) throws -> JSON {
        read(try test(request).report.json(level: level))
    }

    private static func read(_ value: JSON) -> JSON {
        guard case .object(let object) = value else {
            guard case .string(let text) = value, let inner = try? JSON(parsing: text) else { return value }
            return inner
        }
        return .object(JSONObject(object.members.map { ($0.key, read($0.value)) }))
    }

    /// The message with which a request is refused; nil if it is not.
    static func refusal(_ request: StateTestRequest) -> StateTestError? {
        do throws(StateTestError) {
            _ = try test(request)
            return nil
        } catch {
            return error
        }
    }
}

extension StateTestRequest {
    init(_ definition: String, _ input: JSON = [:], mock: Mock? = nil) {
        self.init(definition: definition, input: input)
        self.mock = mock
    }
}

extension StateTestRequest.Mock {
    static func result(_ text: String, _ validation: StateTestRequest.Validation = .strict) -> Self {
        Self(result: text, validation: validation)
    }

    static func error(_ name: String, _ cause: String? = nil) -> Self {
        Self(error: StateTestRequest.MockedError(error: name, cause: cause))
    }
}
