import Interpreter
import JSONValue
import Orchestrator
import StatesLanguage
import Testing

/// What every store does, whatever it is made of.
@Suite struct StoreContractTests {
    @Test(arguments: StoreKind.allCases)
    func `state machines are stored, updated with revisions, and deleted`(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            let writer = try store.makeWriter()
            let first = Sample.machine(revision: 1)
            var second = Sample.machine(revision: 2)
            second.status = .deleting
            second.settings = [:]
            try writer.write(.insertStateMachine(first))
            #expect(try writer.stateMachine(arn: first.arn) == first)
            #expect(try await store.stateMachine(arn: first.arn) == first)
            try writer.write(.updateStateMachine(second))
            #expect(try await store.stateMachine(arn: first.arn) == second)
            #expect(try writer.revision(number: 1) == first.revision)
            #expect(try await store.revision(number: 2) == second.revision)
            #expect(try await store.revision(number: 3) == nil)

            var renamed = second
            renamed.revision.definition = "another"
            try writer.write(.updateStateMachine(renamed))
            #expect(try writer.revision(number: 2) == second.revision, "a revision never changes")

            try writer.write(.deleteStateMachine(arn: first.arn))
            #expect(try writer.stateMachine(arn: first.arn) == nil)
            #expect(try await store.stateMachine(arn: first.arn) == nil)
            #expect(try await store.stateMachines(after: nil, limit: 10).items.isEmpty)
            #expect(try writer.revision(number: 1) == first.revision, "executions may still run on it")
            let third = Sample.machine(revision: 3)
            try writer.write(.insertStateMachine(third))
            #expect(try await store.stateMachine(arn: first.arn) == third)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `contradictions are conflicts that leave no trace`(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            let writer = try store.makeWriter()
            let machine = Sample.machine()
            try writer.write(
                .insertStateMachine(machine), .insertExecution(Sample.execution(1)),
                .insertActivity(Sample.activity("a")), .appendJournal(Sample.journal(1, 0, ids: 1...2)),
                .openTask(Sample.task(1, 0)), .enqueueMessage(Sample.message(1)))
            var sameName = Sample.execution(2)
            sameName.identity.arn = Sample.execution(1).identity.arn
            var sameKey = Sample.execution(1)
            sameKey.identity.arn += "-other"
            let refused: [WriteOperation] = [
                .insertStateMachine(Sample.machine(revision: 9)), .updateStateMachine(Sample.machine("unknown")),
                .insertExecution(sameName), .insertExecution(sameKey), .insertActivity(Sample.activity("a")),
                .appendJournal(Sample.journal(1, 0, ids: 3...3)), .openTask(Sample.task(1, 0)),
                .enqueueMessage(Sample.message(1)),
                .closeExecution(
                    key: 99, status: .failed, stoppedAt: Sample.start, output: nil, error: nil, cause: nil),
            ]
            for operation in refused {
                try writer.begin()
                #expect(try refusal { try writer.apply(operation) }.code == .conflict, "\(operation)")
                // The transaction is still good for other operations.
                try writer.apply(.rememberFunction(name: "f"))
                writer.rollback()
            }
            #expect(try writer.revision(number: 9) == nil)
            #expect(try writer.knownFunctions().isEmpty)
            #expect(try writer.journal(execution: 1, after: -1) == [Sample.journal(1, 0, ids: 1...2)])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `machines and activities are paged by ARN, stable under inserts`(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            let writer = try store.makeWriter()
            let names = ["b", "d", "f", "B", "é", "e\u{301}"]
            try writer.write(
                names.enumerated().flatMap { index, name in
                    [
                        .insertStateMachine(Sample.machine(name, revision: Int64(index + 1))),
                        .insertActivity(Sample.activity(name)),
                    ]
                })
            let first = try await store.stateMachines(after: nil, limit: 2)
            let firstActivities = try await store.activities(after: nil, limit: 2)
            #expect(first.items.map(\.name) == ["B", "b"])
            try writer.write(
                .insertStateMachine(Sample.machine("a", revision: 20)), .insertActivity(Sample.activity("a")),
                .insertStateMachine(Sample.machine("c", revision: 21)), .insertActivity(Sample.activity("c")),
                .deleteStateMachine(arn: Sample.machine("b").arn), .deleteActivity(arn: Sample.activity("b").arn))
            let rest = try await store.stateMachines(after: first.next, limit: 10)
            #expect(rest.items.map { Array($0.name.utf8) } == ["c", "d", "e\u{301}", "f", "é"].map { Array($0.utf8) })
            #expect(rest.next == nil)
            let restActivities = try await store.activities(after: firstActivities.next, limit: 4)
            #expect(restActivities.items.map(\.name.utf8.count) == [1, 1, 3, 1])
            #expect(restActivities.next != nil)
            #expect(try await store.activity(arn: Sample.activity("a").arn) == Sample.activity("a"))
            #expect(try writer.activity(arn: Sample.activity("b").arn) == nil)
            #expect(try writer.activityNames().count == 7)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `executions come back as they were stored and closed`(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            let writer = try store.makeWriter()
            let rows = (1...6).map { Sample.execution($0, input: $0 == 5 ? "\"a\u{0}b\"" : "{ \"n\" :\($0)}") }
            // The state machine need not be known.
            try writer.write(rows.map { .insertExecution($0) })
            for row in rows {
                #expect(try writer.execution(key: row.identity.key) == row)
                #expect(try writer.execution(arn: row.identity.arn) == row)
                #expect(try await store.execution(arn: row.identity.arn) == row)
            }
            #expect(try writer.execution(key: 7) == nil)
            #expect(try await store.execution(arn: "arn:none") == nil)
            #expect(try writer.stateMachine(arn: Sample.machineARN) == nil)

            try writer.write(.saveCheckpoint(CheckpointRow(execution: 1, sequence: 4, state: [1, 0, 255])))
            try writer.write(
                .closeExecution(
                    key: 1, status: .succeeded, stoppedAt: Sample.at(9), output: "{ }", error: nil, cause: nil),
                .closeExecution(
                    key: 2, status: .failed, stoppedAt: Sample.at(8), output: nil, error: "E", cause: ""))
            var first = rows[0]
            first.status = .succeeded
            first.stoppedAt = Sample.at(9)
            first.output = "{ }"
            #expect(try await store.execution(arn: first.identity.arn) == first)
            let second = try writer.execution(key: 2)
            #expect(second?.error == "E" && second?.cause == "" && second?.output == nil)
            #expect(try writer.checkpoint(execution: 1)?.sequence == 4)
            try writer.write(.deleteCheckpoint(execution: 1), .deleteCheckpoint(execution: 2))
            #expect(try writer.checkpoint(execution: 1) == nil)
            #expect(try writer.runningExecutions(after: 0, limit: 3) == [3, 4, 5])
            #expect(try writer.runningExecutions(after: 5, limit: 3) == [6])
            #expect(try await store.counts().runningExecutions == 4)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `executions are listed newest first, filtered and paged, without payloads`(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            let writer = try store.makeWriter()
            try writer.write(.insertStateMachine(Sample.machine()))
            for key in Int64(1)...20 {
                let machine = key % 4 == 0 ? "other" : "onboarding"
                try writer.write(.insertExecution(Sample.execution(key, machine: machine)))
                guard key % 2 == 0 else { continue }
                try writer.write(
                    .closeExecution(
                        key: key, status: .succeeded, stoppedAt: Sample.at(50), output: "1", error: nil, cause: nil))
            }
            let filters: [(ExecutionFilter, [Int64])] = [
                (ExecutionFilter(), Array((1...20).reversed())),
                (ExecutionFilter(stateMachineARN: Sample.machineARN), (1...20).reversed().filter { $0 % 4 != 0 }),
                (ExecutionFilter(status: .succeeded), (1...20).reversed().filter { $0 % 2 == 0 }),
                (
                    ExecutionFilter(stateMachineARN: Sample.machineARN, status: .running),
                    (1...20).reversed().filter { $0 % 2 == 1 }
                ),
                (ExecutionFilter(stateMachineARN: Sample.machineARN, status: .aborted), []),
                (ExecutionFilter(stateMachineARN: "arn:none"), []),
            ]
            for (filter, expected) in filters {
                var cursor: PageCursor?
                var keys: [Int64] = []
                repeat {
                    let page = try await store.executions(filter, after: cursor, limit: 3)
                    #expect(page.items.count <= 3)
                    #expect(page.items.allSatisfy { $0.input.isEmpty && $0.output == nil })
                    keys += page.items.map(\.identity.key)
                    cursor = page.next
                } while cursor != nil
                #expect(keys == expected, "\(filter)")
            }
            let first = try await store.executions(ExecutionFilter(), after: nil, limit: 5)
            try writer.write(.insertExecution(Sample.execution(21)))
            let second = try await store.executions(ExecutionFilter(), after: first.next, limit: 5)
            #expect(second.items.map(\.identity.key) == [15, 14, 13, 12, 11], "newer ones shift nothing")
            await #expect(throws: StoreError.self) {
                _ = try await store.executions(ExecutionFilter(), after: PageCursor(key: "x"), limit: 5)
            }
            #expect(try writer.hasRunningExecutions(stateMachineARN: Sample.machineARN))
            #expect(try !writer.hasRunningExecutions(stateMachineARN: Sample.machine("other").arn))
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `executions are listed newest first, whatever became of them`(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            let writer = try store.makeWriter()
            let (machines, statuses) = (["onboarding", "other", "third"], ExecutionStatus.allCases)
            func status(_ key: Int64) -> ExecutionStatus { statuses[Int(key * key + key / 7) % statuses.count] }
            for key in Int64(1)...90 {
                try writer.write(.insertExecution(Sample.execution(key, machine: machines[Int(key % 3)])))
                guard status(key) != .running else { continue }
                try writer.write(
                    .closeExecution(
                        key: key, status: status(key), stoppedAt: Sample.at(50), output: nil, error: nil, cause: nil))
            }
            for machine in machines + [nil] {
                for wanted in statuses + [nil] {
                    var cursor: PageCursor?
                    var keys: [Int64] = []
                    repeat {
                        let filter = ExecutionFilter(
                            stateMachineARN: machine.map { Sample.machine($0).arn }, status: wanted)
                        let page = try await store.executions(filter, after: cursor, limit: 4)
                        keys += page.items.map(\.identity.key)
                        cursor = page.next
                    } while cursor != nil
                    let expected = (Int64(1)...90).reversed().filter { key in
                        (machine ?? machines[Int(key % 3)]) == machines[Int(key % 3)]
                            && (wanted ?? status(key)) == status(key)
                    }
                    #expect(keys == expected, "\(machine ?? "any machine"), \(wanted?.rawValue ?? "any status")")
                }
            }
            let running = (Int64(1)...90).filter { status($0) == .running }
            #expect(try writer.runningExecutions(after: 20, limit: 5) == Array(running.filter { $0 > 20 }.prefix(5)))
            #expect(try writer.runningExecutionCount() == running.count)
            #expect(try await store.counts().runningExecutions == running.count)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `journals are read by step, and by history id both ways`(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            let writer = try store.makeWriter()
            let rows = [
                Sample.journal(1, 0, ids: 1...2), Sample.journal(1, 1, ids: nil), Sample.journal(1, 2, ids: 3...7),
                Sample.journal(1, 3, ids: nil), Sample.journal(1, 4, ids: nil), Sample.journal(1, 5, ids: 8...8),
                Sample.journal(1, 6, ids: 9...12), Sample.journal(1, 7, ids: nil),
            ]
            try writer.write(rows.map { .appendJournal($0) } + [.appendJournal(Sample.journal(2, 0, ids: 1...4))])
            #expect(try writer.journal(execution: 1, after: -1) == rows)
            #expect(try writer.journal(execution: 1, after: 5) == Array(rows[6...]))
            #expect(try writer.journal(execution: 3, after: -1).isEmpty)

            let cases: [(after: Int?, reversed: Bool, limit: Int, expected: [Int])] = [
                (nil, false, 100, [0, 2, 5, 6]), (nil, false, 1, [0]), (nil, false, 3, [0, 2]), (0, false, 2, [0]),
                (2, false, 5, [2]), (2, false, 6, [2, 5]), (3, false, 100, [2, 5, 6]), (7, false, 1, [5]),
                (8, false, 1, [6]), (11, false, 5, [6]), (12, false, 5, []), (99, false, 5, []),
                (nil, true, 100, [6, 5, 2, 0]), (nil, true, 4, [6]), (nil, true, 5, [6, 5]), (9, true, 1, [5]),
                (10, true, 1, [6]), (8, true, 5, [2]), (8, true, 6, [2, 0]), (3, true, 9, [0]), (1, true, 9, []),
                (99, true, 1, [6]), (nil, false, 0, []),
            ]
            for (after, reversed, limit, expected) in cases {
                let found = try await store.journal(execution: 1, after: after, reversed: reversed, limit: limit)
                #expect(
                    found == expected.map { rows[$0] }, "after \(after ?? -1), reversed \(reversed), limit \(limit)")
            }
            #expect(try await store.journal(execution: 9, after: 3, reversed: false, limit: 5).isEmpty)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `tasks go from the outbox to the broker and away`(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            let writer = try store.makeWriter()
            let resize = ScheduledTask.Target.function(name: "resize")
            let notify = Sample.target("resize")
            let rows = [
                Sample.task(2, 1, target: notify), Sample.task(1, 7, target: resize), Sample.task(2, 0, target: resize),
                Sample.task(10, 0, target: notify),
            ]
            try writer.write([1, 2, 10].map { .insertExecution(Sample.execution($0)) })
            try writer.write(rows.map { .openTask($0) })
            let ordered = rows.sorted { $0.key < $1.key }
            #expect(try writer.pendingTasks(after: nil, limit: 10) == ordered)
            #expect(try writer.pendingTasks(after: nil, limit: 2) == Array(ordered[..<2]))
            #expect(try writer.pendingTasks(after: ordered[1].key, limit: 5) == Array(ordered[2...]))
            #expect(try writer.task(rows[0].key) == rows[0])
            #expect(try writer.task(TaskKey(execution: 5, task: 5)) == nil)

            let page = try await store.openTasks(after: nil, limit: 3)
            let rest = try await store.openTasks(after: page.next, limit: 3)
            #expect(page.items.count == 3 && rest.items.count == 1 && rest.next == nil)
            #expect((page.items + rest.items).sorted { $0.key < $1.key } == ordered, "in an order of the store's own")

            func phase(_ index: Int) throws -> TaskRow.Phase? { try writer.task(rows[index].key)?.phase }
            try writer.write(
                .setTaskPhase(rows[0].key, .published, worker: nil),
                .setTaskPhase(rows[1].key, .published, worker: nil), .setTaskPhase(rows[2].key, .taken, worker: "w"),
                .setTaskPhase(rows[3].key, .published, worker: nil))
            #expect(try writer.task(rows[2].key)?.worker == "w")
            try writer.write(.setTaskPhase(rows[2].key, .published, worker: nil))
            #expect(try phase(2) == .taken, "a late confirm does not take a task back")
            #expect(try writer.pendingTasks(after: nil, limit: 10).isEmpty)
            #expect(try await store.counts().pendingTasks == 0)

            try writer.write(.republishTasks(.function(name: "resize")))
            #expect(try writer.pendingTasks(after: nil, limit: 10) == [rows[1]])
            try writer.write(.republishTasks(.activity(arn: "", name: "resize")))
            let pending = try writer.pendingTasks(after: nil, limit: 10)
            #expect(pending.map(\.key) == [rows[1], rows[0], rows[3]].map(\.key))
            #expect(try phase(2) == .taken)

            try writer.write(.closeTask(rows[1].key), .closeTask(TaskKey(execution: 77, task: 0)))
            #expect(try writer.task(rows[1].key) == nil)
            let counts = try await store.counts()
            #expect(counts.openTasks == 3 && counts.pendingTasks == 2)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `timers are found by due time and armed anew`(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            let writer = try store.makeWriter()
            let rows = [Sample.timer(1, 0, due: 30), Sample.timer(1, -4, due: 10), Sample.timer(2, 0, due: 20)]
            try writer.write(rows.map { .armTimer($0) } + [.armTimer(Sample.timer(2, Int.min, due: 10))])
            #expect(try writer.timers(dueBy: Sample.at(20)) == [rows[1], Sample.timer(2, .min, due: 10), rows[2]])
            #expect(try writer.timers(dueBy: Sample.at(9.999)).isEmpty)
            #expect(try writer.nextTimer(after: .end(of: Sample.at(20))) == Sample.at(30))
            #expect(try writer.nextTimer(after: .end(of: Sample.at(30))) == nil)
            // Those due at the same time are read in portions as well.
            let order = [rows[1], Sample.timer(2, .min, due: 10), rows[2], rows[0]]
            var (read, position): ([TimerRow], TimerPosition) = ([], .start)
            while let row = try writer.timers(after: position, dueBy: Sample.at(99), limit: 1).first, read.count < 9 {
                #expect(try writer.nextTimer(after: position) == row.due)
                read.append(row)
                position = row.position
            }
            #expect(read == order)
            #expect(try writer.timers(after: order[0].position, dueBy: Sample.at(20), limit: 9) == Array(order[1..<3]))
            let moved = Sample.timer(1, -4, due: 40)
            try writer.write(.armTimer(moved), .clearTimer(rows[2].key), .clearTimer(rows[2].key))
            #expect(try writer.nextTimer(after: .end(of: Sample.at(30))) == Sample.at(40))
            #expect(try writer.timers(dueBy: Sample.at(99)) == [Sample.timer(2, .min, due: 10), rows[0], moved])
            #expect(try await store.counts().armedTimers == 3)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `what executions are rebuilt from is read together as it is alone`(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            let writer = try store.makeWriter()
            try writer.write((1...20).map { .insertExecution(Sample.execution($0)) })
            for key in Int64(1)...19 {
                try writer.write((0...Int(key)).map { .appendJournal(Sample.journal(key, $0, ids: $0...$0)) })
            }
            for key: Int64 in [5, 6] {
                try writer.write(
                    .saveCheckpoint(
                        CheckpointRow(execution: key, sequence: Int(key) - 1, state: Array("[\(key)]".utf8))))
            }
            try writer.write(
                .closeExecution(key: 3, status: .failed, stoppedAt: Sample.at(9), output: nil, error: "e", cause: nil))
            func alone(_ keys: [Int64]) throws -> [StoredExecution] {
                try keys.map { try writer.storedExecution(try #require(try writer.execution(key: $0))) }
            }
            #expect(try writer.storedExecutions([]) == [])
            #expect(try writer.storedExecutions([77, 3]) == [])
            // 20 has no journal yet.
            for keys: [Int64] in [[1], [2, 3, 5, 77], [20, 6, 4, 5], Array(1...20)] {
                let expected = try alone(keys.filter { $0 != 3 && $0 != 77 })
                #expect(try writer.storedExecutions(keys) == expected, "\(keys)")
            }
            let found = try writer.storedExecutions([5, 6])
            #expect(found.map(\.journal.count) == [1, 1] && found.map(\.checkpoint?.sequence) == [4, 5])

            // Very large ones: as many as fit, each whole, and none of the others in part.
            let large = Array(repeating: UInt8(ascii: " "), count: 1_500_000)
            for key in Int64(1)...6 where key != 3 {
                for step in 100...101 {
                    let row = JournalRow(
                        execution: key, sequence: step, historyIDs: nil, time: Sample.at(1), events: large)
                    try writer.write(.appendJournal(row))
                }
            }
            let some = try writer.storedExecutions(Array(1...19))
            #expect(try some == alone(some.map(\.record.identity.key)) && some.first?.record.identity.key == 1)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `messages, functions and checkpoints`(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            let writer = try store.makeWriter()
            try writer.write(
                .enqueueMessage(Sample.message(2)), .enqueueMessage(Sample.message(1)),
                .enqueueMessage(Sample.message(3)), .rememberFunction(name: "b"), .rememberFunction(name: "a"),
                .rememberFunction(name: "b"), .saveCheckpoint(CheckpointRow(execution: 1, sequence: 1, state: [])),
                .saveCheckpoint(CheckpointRow(execution: 1, sequence: 9, state: Array("[é]".utf8))))
            #expect(try writer.outbox() == [1, 2, 3].map { Sample.message($0) })
            try writer.write(.dequeueMessage(number: 2), .dequeueMessage(number: 2))
            #expect(try writer.outbox() == [1, 3].map { Sample.message($0) })
            #expect(try writer.knownFunctions() == ["a", "b"])
            #expect(
                try writer.checkpoint(execution: 1)
                    == CheckpointRow(execution: 1, sequence: 9, state: Array("[é]".utf8)))
            #expect(try writer.checkpoint(execution: 2) == nil)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `a transaction is seen by its writer, and by readers after the commit`(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            let writer = try store.makeWriter()
            let row = Sample.execution(1)
            try writer.begin()
            try writer.apply(.insertExecution(row))
            #expect(try writer.execution(key: 1) == row)
            #expect(try await store.execution(arn: row.identity.arn) == nil)
            writer.rollback()
            writer.rollback()
            #expect(try writer.execution(key: 1) == nil)
            try writer.write(.insertExecution(row))
            #expect(try await store.execution(arn: row.identity.arn) == row)
            #expect(throws: StoreError.self) { try writer.commit() }
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `there is one writer`(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            _ = try store.makeWriter()
            #expect(try refusal { _ = try store.makeWriter() }.code == .inUse)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `numbers ascend, whatever happens to transactions`(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            let writer = try store.makeWriter()
            try writer.begin()
            #expect(try writer.nextExecutionKey() == 1)
            #expect(try writer.nextRevisionNumber() == 1)
            #expect(try writer.nextOutboxNumber() == 1)
            writer.rollback()
            #expect(try writer.nextExecutionKey() == 2)
            #expect(try writer.nextRevisionNumber() == 2)
            #expect(try writer.nextOutboxNumber() == 2)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `map runs, their items and their children are stored`(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            let writer = try store.makeWriter()
            let parent = Sample.execution(1)
            var run = MapRunRecord(
                number: try writer.nextMapRunNumber(), arn: "arn:mapRun", execution: 1,
                executionARN: parent.identity.arn, stateMachineARN: parent.identity.stateMachineARN,
                stateMachineName: parent.identity.stateMachineName, roleARN: parent.identity.roleARN, revision: 1,
                pointer: "/States/M", label: "L", executionType: .express, status: .running, phase: .reading,
                startedAt: Sample.at(1), maxConcurrency: 3, toleratedFailureCount: 2, toleratedFailurePercentage: 1.5,
                plan: ["a": [1]])
            try writer.write(
                .insertStateMachine(Sample.machine()), .insertExecution(parent), .insertMapRun(run),
                .appendMapItems(MapItemsRow(mapRun: 1, first: 0, count: 2, items: Array("[1,2]".utf8))),
                .appendMapItems(MapItemsRow(mapRun: 1, first: 2, count: 1, items: Array("[3]".utf8))))
            #expect(try writer.mapRun(number: run.number) == run)
            #expect(try await store.mapRun(arn: run.arn) == run)
            #expect(try await store.mapRun(arn: "arn:none") == nil)
            #expect(try writer.openMapRuns() == [run.number])
            #expect(try writer.mapItems(mapRun: 1, containing: 1)?.items == Array("[1,2]".utf8))
            #expect(try writer.mapItems(mapRun: 1, containing: 2)?.first == 2)
            #expect(try writer.mapItems(mapRun: 1, containing: 3) == nil)

            run.status = .failed
            run.phase = .done
            run.outcome = .failed
            run.stoppedAt = Sample.at(2)
            run.failure = StateFailure(error: "E", cause: nil)
            run.toleratedFailureCount = nil
            run.progress.total = 3
            run.progress.items.failed = 1
            run.redriveCount = 1
            run.redrivenAt = Sample.at(3)
            try writer.write(.updateMapRun(run), .deleteMapItems(mapRun: 1))
            #expect(try writer.mapRun(arn: run.arn) == run)
            #expect(try writer.openMapRuns().isEmpty)
            #expect(try writer.mapItems(mapRun: 1, containing: 0) == nil)
            #expect(try await store.mapRuns(execution: 1, after: nil, limit: 5).items == [run])

            var children: [ExecutionRecord] = []
            for key in Int64(2)...4 {
                var child = Sample.execution(key, machine: "onboarding/L")
                child.child = MapRunChild(mapRun: 1, mapRunARN: run.arn, firstItem: Int(key), itemCount: 2)
                children.append(child)
            }
            try writer.write(children.map { .insertExecution($0) })
            #expect(try writer.children(mapRun: 1, after: 2, limit: 5) == Array(children.dropFirst()))
            #expect(try await store.children(mapRun: 1, after: 0, limit: 1) == [children[0]])
            #expect(try await store.execution(arn: children[1].identity.arn) == children[1])
            let listed = try await store.executions(ExecutionFilter(mapRun: 1), after: nil, limit: 2)
            #expect(listed.items.map(\.identity.key) == [4, 3] && listed.next != nil)
            let ofMachine = try await store.executions(
                ExecutionFilter(stateMachineARN: Sample.machineARN), after: nil, limit: 9)
            #expect(ofMachine.items.map(\.identity.key) == [1])
        }
    }
}
