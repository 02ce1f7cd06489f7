import Interpreter
import JSONValue
import StatesLanguage
import TestSupport
import Testing

/// A slice bounds what one call computes, and what it leaves undone is as if it had never been begun.
@Suite struct SliceTests {
    static let limits = InterpreterLimits()

    private func start(_ definition: String, _ input: JSON = [:], effort: Effort = .slice) throws -> (Execution, Step) {
        var random = SeededGenerator(fixed: 1)
        return try start(definition, input, effort, &random)
    }

    private func start(
        _ definition: String, _ input: JSON, _ effort: Effort, _ random: inout SeededGenerator
    ) throws -> (Execution, Step) {
        Execution.start(
            .test, definition: try StateMachineDefinition.compile(definition), input: input, at: .init(microseconds: 0),
            using: &random, effort: effort)
    }

    @Test(arguments: [
        #""Type":"Pass","QueryLanguage":"JSONata","End":true,"Output":"{% $sum([1..9999999].($ * 2)) %}""#,
        #""Type":"Pass","QueryLanguage":"JSONata","End":true,"Output":"{% ($f := function($n){1 + $f($n + 1)}; $f(0)) %}""#,
        #""Type":"Pass","QueryLanguage":"JSONata","End":true,"Output":"{% $reduce([1..60], function($a, $b){$a & $a}, 'x') %}""#,
        #""Type":"Pass","QueryLanguage":"JSONata","End":true,"Assign":{"x":"{% $match($join([1..30].('a')) & '!', /^(a+)+$/) %}"}"#,
        #""Type":"Pass","Parameters":{"x.$":"$..[?(@..x)]"},"End":true"#,
        #""Type":"Pass","Parameters":{"x.$":"$.texts[?(@ =~ /(a+)+b/)]"},"End":true"#,
        #""Type":"Choice","Choices":[{"Variable":"$..[?(@..x)]","IsNull":true,"Next":"T"}],"Default":"T""#,
    ])
    func `what is too much is left for later`(state: String) throws {
        let items = JSON.array((0..<600).map { ["a": ["x": .int($0)]] })
        let text = JSON.string(String(repeating: "a", count: 40))
        let (execution, step) = try start(
            machine(state, more: state.contains("Choice") ? #""T":{"Type":"Succeed"}"# : ""),
            ["items": items, "texts": [text]])
        #expect(step.postponed == .rest)
        #expect(step.wantsResume)
        #expect(step.events.map(\.id) == [1])
        #expect(step.commands.isEmpty)
        // Once more it is the same, and not the least random number is used.
        var again = execution
        var random = SeededGenerator(fixed: 5)
        let rest = again.handle(.resume, at: .init(microseconds: 0), using: &random, effort: .slice)
        #expect(rest.postponed == .rest && rest.events.isEmpty)
        #expect(again == execution)
        var untouched = SeededGenerator(fixed: 5)
        #expect(random.next() == untouched.next())
    }

    @Test func `a slice and full effort lead to the same journal`() throws {
        let slow = "$count([1..30000][$ % 7 = 3])"
        let definition =
            #"{"QueryLanguage":"JSONata","StartAt":"A","States":{"#
            + #""A":{"Type":"Pass","Output":"{% $random() %}","Next":"B"},"#
            + #""B":{"Type":"Pass","Output":"{% \#(slow) + $random() %}","Next":"C"},"#
            + #""C":{"Type":"Pass","Output":"{% $states.input + $random() %}","End":true}}}"#
        var wholeRandom = SeededGenerator(fixed: 1)
        var whole = try start(definition, [:], .full(nil), &wholeRandom)
        var random = SeededGenerator(fixed: 1)
        var (execution, step) = try start(definition, [:], .slice, &random)
        var events = step.events
        var slices = 0
        while step.wantsResume, slices < 10 {
            let effort = step.postponed == nil ? Effort.slice : .full(nil)
            step = execution.handle(.resume, at: .init(microseconds: 0), using: &random, effort: effort)
            events += step.events
            slices += 1
        }
        #expect(slices > 0)
        while whole.1.wantsResume {
            let more = whole.0.handle(.resume, at: .init(microseconds: 0), using: &wholeRandom)
            whole.1 = Step(events: whole.1.events + more.events, wantsResume: more.wantsResume)
        }
        #expect(events == whole.1.events)
        #expect(execution == whole.0)
    }

    @Test func `the watch ends an expression with AWS's words`() throws {
        let watch = EvaluationWatch { { true } }
        let (execution, _) = try start(
            machine(#""Type":"Pass","QueryLanguage":"JSONata","End":true,"Output":"{% $sum([1..99999].($ * 2)) %}""#),
            effort: .full(watch))
        let failure = execution.outcome?.failure
        #expect(failure?.error == "States.QueryEvaluationError")
        #expect(failure?.cause?.contains("Expression evaluation timeout") == true)
    }
}
