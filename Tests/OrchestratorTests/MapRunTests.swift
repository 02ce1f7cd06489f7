import BatonTestKit
import Interpreter
import JSONValue
import MemoryStore
import StatesLanguage
import Testing

@testable import Orchestrator

/// Distributed Map: children, counts, portions, and what a crash leaves.
@Suite struct MapRunTests {
    private static func map(_ extra: String = "", task: Bool = true) -> String {
        let state =
            task
            ? #"{"Type":"Task","Resource":"\#(EngineHarness.account):activity:work","End":true}"#
            : #"{"Type":"Pass","End":true}"#
        return """
            {"StartAt":"M","States":{"M":{"Type":"Map","End":true\(extra),"Label":"L","ItemProcessor":{
            "ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
            "StartAt":"W","States":{"W":\(state)}}}}}
            """
    }

    private func engine(
        _ definition: String, _ change: (inout EngineConfiguration) -> Void = { _ in }
    ) throws -> EngineHarness {
        var configuration = EngineConfiguration()
        change(&configuration)
        let engine = try EngineHarness(configuration)
        engine.createActivity("work")
        engine.createMachine("m", definition)
        return engine
    }

    private func run(_ engine: EngineHarness, _ started: Result<StartedExecution, ServiceError>) async throws
        -> MapRunRecord
    {
        let key = try engine.execution(started).identity.key
        return try #require(try await engine.store.mapRuns(execution: key, after: nil, limit: 1).items.first)
    }

    private func answerAll(_ engine: EngineHarness, _ kind: (TaskRow) -> TaskAnswer.Kind) throws {
        for row in try engine.pending {
            engine.process(.published([(row.key, .confirmed)]))
            engine.process(engine.answer(row.token, kind(row)))
        }
    }

    private func echo(_ row: TaskRow) -> TaskAnswer.Kind { .success((try? JSON(parsing: row.input)) ?? .null) }

    @Test func `items become executions, and their outputs the state's`() async throws {
        let engine = try engine(Self.map())
        let started = try engine.start("m", input: "[1,2,3]").result
        #expect(try engine.pending.map { String(decoding: $0.input, as: UTF8.self) } == ["1", "2", "3"])
        var run = try await run(engine, started)
        #expect(run.arn.hasPrefix("\(EngineHarness.account):mapRun:m/L:"))
        #expect(run.progress.items.running == 3 && run.progress.total == 3)

        let child = try #require(try engine.core.writer.children(mapRun: run.number, after: 0, limit: 1).first)
        #expect(child.identity.arn.hasPrefix("\(EngineHarness.account):execution:m/L:"))
        #expect(child.identity.stateMachineARN == "\(EngineHarness.account):stateMachine:m/L")
        #expect(child.child?.mapRunARN == run.arn)

        try answerAll(engine, echo)
        #expect(try engine.execution(started).output == "[1,2,3]")
        run = try await self.run(engine, started)
        #expect(run.status == .succeeded && run.progress.items.succeeded == 3 && run.stoppedAt != nil)
        #expect(
            try engine.history(started) == [
                "ExecutionStarted", "MapStateEntered", "MapStateStarted", "MapRunStarted", "MapRunSucceeded",
                "MapStateSucceeded", "MapStateExited", "ExecutionSucceeded",
            ])
        // Children are listed by their map run alone.
        let listed = try await engine.store.executions(
            ExecutionFilter(stateMachineARN: "\(EngineHarness.account):stateMachine:m"), after: nil, limit: 10)
        #expect(listed.items.count == 1)
        let children = try await engine.store.executions(ExecutionFilter(mapRun: run.number), after: nil, limit: 10)
        #expect(children.items.count == 3)
    }

    @Test func `no items are a success`() throws {
        let engine = try engine(Self.map())
        let started = try engine.start("m", input: "[]").result
        #expect(try engine.execution(started).output == "[]")
    }

    @Test func `children are no more at a time than MaxConcurrency, and UpdateMapRun changes that`() async throws {
        let engine = try engine(Self.map(#","MaxConcurrency":2"#))
        let started = try engine.start("m", input: "[1,2,3,4,5]").result
        #expect(try engine.pending.count == 2)
        let arn = try await run(engine, started).arn
        engine.process(
            .updateMapRun(
                arn: arn,
                MapRunChange(maxConcurrency: 4, toleratedFailureCount: nil, toleratedFailurePercentage: nil)
            ) { _ in })
        #expect(try engine.pending.count == 4)
        try answerAll(engine, echo)
        try answerAll(engine, echo)
        #expect(try engine.execution(started).output == "[1,2,3,4,5]")
    }

    @Test func `a batch of the engine starts a portion of the children, and the next ones the rest`() async throws {
        let engine = try engine(Self.map(task: false)) { $0.mapRunChildrenPerBatch = 10 }
        let items = "[" + (0..<95).map(String.init).joined(separator: ",") + "]"
        let started = try engine.start("m", input: items).result
        var commits = 0
        while try engine.execution(started).status == .running {
            #expect(engine.nextDeadline == engine.clock.now())
            engine.process(.wake)
            commits += 1
            try #require(commits < 100)
        }
        #expect(commits >= 9)
        #expect(try engine.execution(started).output == items)
    }

    @Test(arguments: [
        (#","ToleratedFailureCount":1"#, [2], true), (#","ToleratedFailureCount":1"#, [2, 3], false),
        (#","ToleratedFailurePercentage":50"#, [1, 2], true), (#","ToleratedFailurePercentage":50"#, [1, 2, 3], false),
        ("", [1], false),
    ])
    func `failures are tolerated as far as the state says`(
        _ extra: String, _ failing: [Int], _ succeeds: Bool
    ) async throws {
        let engine = try engine(Self.map(extra))
        let started = try engine.start("m", input: "[1,2,3,4]").result
        try answerAll(engine) { row in
            failing.contains(Int(String(decoding: row.input, as: UTF8.self)) ?? 0)
                ? .failure(StateFailure(error: "E", cause: "c")) : echo(row)
        }
        let record = try engine.execution(started)
        let run = try await run(engine, started)
        if succeeds {
            #expect(record.status == .succeeded && run.status == .succeeded)
            #expect(run.progress.items.failed == failing.count)
        } else {
            #expect(record.error == "States.ExceedToleratedFailureThreshold")
            #expect(run.status == .failed && run.progress.items.running == 0)
            #expect(try engine.history(started).suffix(3) == ["MapRunFailed", "MapStateFailed", "ExecutionFailed"])
            #expect(try engine.pending.isEmpty)
        }
    }

    @Test func `stopping the parent aborts the children`() async throws {
        let engine = try engine(Self.map()) { $0.mapRunChildrenPerBatch = 4 }
        let started = try engine.start("m", input: "[1,2,3,4,5,6]").result
        for _ in 0..<5 { engine.process(.wake) }
        #expect(try engine.pending.count == 6)
        engine.process(.stop(executionARN: try started.get().arn, StateFailure(error: nil, cause: nil)) { _ in })
        for _ in 0..<10 { engine.process(.wake) }
        let run = try await run(engine, started)
        #expect(run.status == .aborted && run.progress.items.aborted == 6)
        #expect(try engine.pending.isEmpty)
        #expect(engine.nextDeadline == nil)
    }

    @Test func `selectors make the children's inputs, batches put them together`() throws {
        let extra = #"""
            ,"ItemSelector":{"n.$":"$$.Map.Item.Value","i.$":"$$.Map.Item.Index","of.$":"$.name"},"ItemsPath":"$.items",
            "ItemBatcher":{"MaxItemsPerBatch":2,"BatchInput":{"b.$":"$.name"}}
            """#
        let engine = try engine(Self.map(extra, task: false))
        let started = try engine.start("m", input: #"{"name":"x","items":[5,6,7]}"#).result
        let output = try JSON(parsing: try #require(try engine.execution(started).output))
        #expect(
            output == [
                [
                    "BatchInput": ["b": "x"],
                    "Items": [["n": 5, "i": 0, "of": "x"], ["n": 6, "i": 1, "of": "x"]],
                ], ["BatchInput": ["b": "x"], "Items": [["n": 7, "i": 2, "of": "x"]]],
            ])
    }

    @Test func `batches are held to their bytes, but never empty`() throws {
        let engine = try engine(Self.map(#","ItemBatcher":{"MaxInputBytesPerBatch":24}"#, task: false))
        let started = try engine.start("m", input: #"["aaaa","b","cccccccccccccccccccccccccccccc"]"#).result
        #expect(
            try engine.execution(started).output
                == #"[{"Items":["aaaa","b"]},{"Items":["cccccccccccccccccccccccccccccc"]}]"#)
    }

    @Test func `a crash after any commit, and a commit that fails, lose no child and double none`() async throws {
        for seed in 0..<12 {
            let engine = try engine(Self.map(#","MaxConcurrency":3"#)) { $0.mapRunChildrenPerBatch = 2 }
            let started = try engine.start("m", input: "[0,1,2,3,4,5,6,7,8,9]").result
            var answered = 0
            var turns = 0
            while try engine.execution(started).status == .running {
                turns += 1
                try #require(turns < 200)
                if (turns + seed) % 3 == 0 { _ = try engine.crash() }
                if (turns + seed) % 4 == 0 {
                    engine.store.failNextCommit(StoreError(.inputOutput, "broken"))
                    engine.advance(seconds: 2)
                }
                if let row = try engine.pending.first {
                    engine.process(.published([(row.key, .confirmed)]))
                    engine.process(engine.answer(row.token, echo(row)))
                    if try engine.core.writer.task(row.key) == nil { answered += 1 }
                }
                for row in try engine.core.writer.pendingTasks(after: nil, limit: 10) where row.phase != .pending {
                    engine.process(engine.answer(row.token, echo(row)))
                }
                engine.advance(seconds: 2)
            }
            let run = try await run(engine, started)
            #expect(try engine.execution(started).output == "[0,1,2,3,4,5,6,7,8,9]", "seed \(seed)")
            #expect(run.progress.executions.succeeded == 10 && run.progress.executions.begun == 10, "seed \(seed)")
            #expect(try engine.core.writer.children(mapRun: run.number, after: 0, limit: 100).count == 10)
        }
    }

    @Test func `redriving the execution redrives the children that did not succeed, and no other`() async throws {
        let engine = try engine(Self.map(#","MaxConcurrency":2"#))
        let started = try engine.start("m", input: "[1,2,3,4]").result
        // The second item fails, and with it the run; the third and fourth never start, the first is aborted.
        let row = try #require(try engine.pending.last)
        engine.process(engine.answer(row.token, .failure(StateFailure(error: "E", cause: "c"))))
        #expect(try engine.execution(started).error == "States.ExceedToleratedFailureThreshold")
        engine.process(.redrive(executionARN: try started.get().arn, clientToken: nil) { _ in })
        _ = try engine.crash()
        for _ in 0..<8 {
            try answerAll(engine, echo)
            engine.process(.wake)
        }
        let run = try await run(engine, started)
        #expect(try engine.execution(started).output == "[1,2,3,4]")
        #expect(run.status == .succeeded && run.redriveCount == 1)
        #expect(run.progress.executions.succeeded == 4 && run.progress.executions.pendingRedrive == 0)
        let children = try engine.core.writer.children(mapRun: run.number, after: 0, limit: 9)
        #expect(children.map(\.identity.redriveCount) == [1, 1, 0, 0])
        #expect(try engine.history(started).contains("MapRunRedriven"))
    }

    // MARK: Items from objects

    private static let reader = #"""
        ,"ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"JSON"},
        "Parameters":{"Bucket":"b","Key.$":"$.key"}}
        """#

    private func read(_ engine: EngineHarness, _ contents: [MapItemsPortion.Content], _ run: Int64) {
        var first = 0
        for content in contents {
            engine.process(.mapItems(MapItemsPortion(mapRun: run, first: first, content: content)) { _ in })
            if case .items(let count, _) = content { first += count }
        }
    }

    @Test func `items that are read are stored before a child starts, and read anew after a crash`() async throws {
        let engine = try engine(Self.map(Self.reader, task: false))
        let (started, effects) = try engine.start("m", input: #"{"key":"k"}"#)
        guard case .read(let number, let request)? = effects.mapRunJobs.first else {
            Issue.record("nothing is read")
            return
        }
        #expect(request.parameters == ["Bucket": "b", "Key": "k"])
        read(engine, [.items(count: 2, bytes: Array("[1,2]".utf8))], number)
        #expect(try await run(engine, started).progress.executions.begun == 0)

        let recovered = try engine.crash()
        guard case .read(number, request)? = recovered.mapRunJobs.first else {
            Issue.record("nothing is read again")
            return
        }
        read(
            engine, [.items(count: 1, bytes: Array("[7]".utf8)), .items(count: 2, bytes: Array("[8,9]".utf8)), .end],
            number)
        #expect(try engine.execution(started).output == "[7,8,9]")
    }

    @Test func `a read that fails fails the state`() throws {
        let engine = try engine(Self.map(Self.reader, task: false))
        let (started, effects) = try engine.start("m", input: #"{"key":"k"}"#)
        guard case .read(let number, _)? = effects.mapRunJobs.first else { return }
        read(engine, [.failure(StateFailure(error: "States.ItemReaderFailed", cause: "no"))], number)
        #expect(try engine.execution(started).error == "States.ItemReaderFailed")
        #expect(
            try engine.history(started).suffix(4) == [
                "MapRunStarted", "MapRunFailed", "MapStateFailed", "ExecutionFailed",
            ])
    }

    @Test func `results go to their bucket before the parent hears of the end`() async throws {
        let writer = #"""
            ,"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket":"out","Prefix":"p"}}
            """#
        let engine = try engine(Self.map(writer, task: false))
        let (started, effects) = try engine.start("m", input: "[1,2]")
        guard case .write(let run, let results, let destination)? = effects.mapRunJobs.first else {
            Issue.record("nothing is written")
            return
        }
        #expect(try engine.execution(started).status == .running)
        let objects = ObjectsInMemory()
        let details = try await ResultExport(
            run: run, results: results, destination: destination, store: engine.store, objects: objects
        ).write()
        let id = try #require(run.arn.split(separator: ":").last)
        let manifest = try JSON(parsing: try #require(objects["p/\(id)/manifest.json"]))
        #expect(manifest["ResultFiles"]?["SUCCEEDED"]?.arrayValue?.count == 1)
        #expect(manifest["ResultFiles"]?["FAILED"] == [])
        let succeeded = try JSON(parsing: try #require(objects["p/\(id)/SUCCEEDED_0.json"]))
        #expect(succeeded.arrayValue?.map { $0["Output"] } == ["1", "2"])
        engine.process(.resultsWritten(mapRun: run.number, .success(details)))
        #expect(try JSON(parsing: try #require(try engine.execution(started).output)) == details)
        #expect(try await self.run(engine, started).progress.items.resultsWritten == 2)
    }
}
