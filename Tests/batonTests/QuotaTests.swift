import AWSJSONAPI
import Interpreter
import Orchestrator
import Testing

@testable import baton

@Suite struct QuotaTests {
    @Test func `limits change what they name and nothing else`() throws {
        var configuration = EngineConfiguration()
        let quotas = try Quotas(
            parsing: "history-events=100_000, payload-bytes=1048576,open-executions=5,expression-milliseconds=250")
        quotas.apply(to: &configuration)
        #expect(configuration.limits.events == 100_000)
        #expect(configuration.limits.payloadBytes == 1 << 20)
        #expect(configuration.openExecutions == 5)
        #expect(configuration.expressionSeconds == 0.25)
        #expect(configuration.limits.variableBytes == EngineConfiguration().limits.variableBytes)
        #expect(quotas.requestLimits.payloadBytes == 1 << 20)
        #expect(quotas.requestLimits.definitionBytes == RequestLimits().definitionBytes)
        #expect(try Quotas(parsing: "").values.isEmpty)
    }

    @Test(arguments: ["payload=1", "payload-bytes", "payload-bytes=", "payload-bytes=x", "payload-bytes=1", "=5"])
    func `what is no limit is refused with those that there are`(text: String) {
        #expect(throws: QuotaError.self) { try Quotas(parsing: text) }
    }
}
