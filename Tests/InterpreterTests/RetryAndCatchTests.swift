import Interpreter
import JSONValue
import Testing

@Suite struct RetryAndCatchTests {
    /// Times of the attempts, in seconds from the start.
    private func attempts(_ world: World) -> [Double] {
        world.journal.compactMap { event in
            guard case .taskScheduled = event.kind else { return nil }
            return event.time.seconds - ExecutionIdentity.test.startedAt.seconds
        }.map { ($0 * 1000).rounded() / 1000 }
    }

    @Test(arguments: [
        (#""MaxAttempts":2"#, [0, 1, 3]),
        (#""MaxAttempts":0"#, [0]),
        (#""IntervalSeconds":3,"BackoffRate":1,"MaxAttempts":3"#, [0, 3, 6, 9]),
        (#""IntervalSeconds":2,"BackoffRate":3,"MaxAttempts":3,"MaxDelaySeconds":7"#, [0, 2, 8, 15]),
        ("\"IntervalSeconds\":1", [0, 1, 3, 7]),
    ])
    func `delays grow`(_ fields: String, _ expected: [Double]) throws {
        let world = try play(
            machine(#"\#(function),"Retry":[{"ErrorEquals":["States.ALL"],\#(fields)}],"End":true"#)
        ) { _, _, _ in .failure("E", "c") }
        #expect(attempts(world) == expected)
        #expect(world.scheduled.map(\.attempt) == Array(0..<expected.count))
        #expect(world.error == "E")
    }

    @Test func `full jitter is never longer`() throws {
        for seed in UInt64(1)...20 {
            let world = try play(
                machine(
                    #"\#(function),"Retry":[{"ErrorEquals":["E"],"IntervalSeconds":4,"BackoffRate":1,"#
                        + #""JitterStrategy":"FULL"}],"End":true"#), seed: seed
            ) { _, _, _ in .failure("E", "c") }
            let times = attempts(world)
            #expect(times.count == 4)
            for (one, next) in zip(times, times.dropFirst()) { #expect((0...4.001).contains(next - one)) }
        }
    }

    @Test func `each retrier counts for itself, and again from zero in the next state`() throws {
        let retry =
            #""Retry":[{"ErrorEquals":["A"],"MaxAttempts":1},{"ErrorEquals":["States.ALL"],"MaxAttempts":2}]"#
        var errors = ["A", "B", "B", "ok", "A", "B", "A"]
        let world = try play(
            machine("\(function),\(retry),\"Next\":\"T\"", more: "\"T\":{\(function),\(retry),\"End\":true}")
        ) { _, _, _ in
            let error = errors.removeFirst()
            return error == "ok" ? .success(1) : .failure(error, nil)
        }
        #expect(world.error == "A")
        #expect(errors.isEmpty)
        #expect(world.scheduled.map(\.attempt) == [0, 1, 2, 3, 0, 1, 2])
    }

    @Test func `a catcher gets error and cause where it wants them`() throws {
        let world = try play(
            machine(
                #"\#(function),"Catch":[{"ErrorEquals":["X"],"Next":"C"},"#
                    + #"{"ErrorEquals":["E"],"ResultPath":"$.error","Next":"C"}],"OutputPath":"$.no","End":true"#,
                more: #""C":{"Type":"Succeed"}"#), ["a": 1]
        ) { _, _, _ in .failure("E", nil) }
        #expect(world.output == ["a": 1, "error": ["Error": "E", "Cause": nil]])
    }

    @Test func `nothing catches States.Runtime`() throws {
        let world = try play(
            machine(
                #"\#(function),"ResultSelector":{"x.$":"$.no"},"Retry":[{"ErrorEquals":["States.ALL"]}],"#
                    + #""Catch":[{"ErrorEquals":["States.ALL"],"Next":"C"}],"End":true"#,
                more: #""C":{"Type":"Succeed"}"#)
        ) { _, _, _ in .success(1) }
        #expect(world.error == "States.Runtime")
        #expect(world.types.suffix(2) == ["LambdaFunctionSucceeded", "ExecutionFailed"])
    }

    @Test func `a Fail state fails with its texts`() throws {
        let world = try play(
            machine(#""Type":"Fail","ErrorPath":"$.e","CausePath":"States.Format('{}!', $.c)""#), ["e": "E", "c": "C"])
        #expect(world.error == "E")
        #expect(world.cause == "C!")
        #expect(world.types == ["ExecutionStarted", "FailStateEntered", "ExecutionFailed"])
    }
}
