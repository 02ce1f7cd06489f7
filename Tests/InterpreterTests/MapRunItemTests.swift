import Interpreter
import JSONValue
import StatesLanguage
import TestSupport
import Testing

@Suite struct MapRunItemTests {
    /// A child's input is made between calls: what the last one was allowed to compute is no measure for it.
    @Test(arguments: [true, false]) func `items are selected after any step`(_ isSlice: Bool) throws {
        let processor =
            #""ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"P","#
            + #""States":{"P":{"Type":"Pass","End":true}}}"#
        let selector =
            #""ItemSelector":{"i":"{% $states.context.Map.Item.Index %}","v":"{% $states.context.Map.Item.Value %}"}"#
        let definition = try StateMachineDefinition.compile(
            machine(#""Type":"Map","QueryLanguage":"JSONata","End":true,\#(selector),\#(processor)"#))
        var random = SeededGenerator(fixed: 1)
        let now = ExecutionIdentity.test.startedAt
        let (execution, step) = Execution.start(
            .test, definition: definition, input: [5, 7], at: now, using: &random, effort: isSlice ? .slice : .full(nil)
        )
        let plans = step.commands.compactMap { if case .startMapRun(let plan) = $0 { plan } else { nil } }
        let arn = try #require(plans.first?.arn)
        #expect(
            try execution.childInput(ofMapRun: arn, item: 7, index: 1, at: now, using: &random) == ["i": 1, "v": 7])
    }
}
