import BatonTestKit
import Foundation
import Interpreter
import JSONValue
import Orchestrator
import StatesLanguage
import Testing

@testable import SQLiteStore

/// Executions that are over for long enough: gone at once, and cleared away in portions.
@Suite struct RemovalTests {
    private func closed(_ key: Int64, at seconds: Double, steps: Int) -> [WriteOperation] {
        [.insertExecution(Sample.execution(key))]
            + (0..<steps).map { .appendJournal(Sample.journal(key, $0, ids: $0 + 1...$0 + 1)) }
            + [
                .closeExecution(
                    key: key, status: .succeeded, stoppedAt: Sample.at(seconds), output: "1", error: nil, cause: nil)
            ]
    }

    @Test(arguments: StoreKind.allCases)
    func `the first to end are the first to go, and open ones never`(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            let writer = try store.makeAnyWriter()
            try writer.write(.insertExecution(Sample.execution(1)))
            try writer.write(closed(2, at: 50, steps: 1))
            try writer.write(closed(3, at: 40, steps: 1))
            try writer.write(closed(4, at: 90, steps: 1))
            #expect(try writer.firstClosing() == Sample.at(40))
            #expect(try writer.closedExecutions(until: Sample.at(39), limit: 9) == [])
            #expect(try writer.closedExecutions(until: Sample.at(60), limit: 9) == [3, 2])
            #expect(try writer.closedExecutions(until: Sample.at(99), limit: 1) == [3])
            try writer.write(.removeExecution(key: 3))
            #expect(try writer.execution(key: 3) == nil)
            #expect(try writer.firstClosing() == Sample.at(50))
            // The name is free at once.
            var again = Sample.execution(5)
            again.identity.arn = Sample.execution(3).identity.arn
            try writer.write(.insertExecution(again))
        }
    }

    @Test func `long histories go in portions, and the space is used again`() async throws {
        try await withFolder { folder in
            let store = try SQLiteStore(path: "\(folder)/baton.db")
            let writer = try store.makeWriter()
            try writer.write(closed(1, at: 10, steps: 2_500))
            try writer.write(closed(2, at: 20, steps: 3))
            try writer.write(.removeExecution(key: 1))
            // What is left behind is no damage.
            let between = try DatabaseCheck.run(store.path, folds: false)
            #expect(!between.findings.contains { $0.subject == "journal" }, "\(between.findings)")
            var passes = 0
            while true {
                try writer.begin()
                let count = try writer.purge(limit: 100)
                try writer.commit()
                #expect(count <= 101)
                if count == 0 { break }
                passes += 1
            }
            #expect(passes >= 25)
            let file = try RawDatabase(store.path)
            #expect(try file.rows("SELECT DISTINCT execution FROM journal") == [["2"]])
            #expect(try file.rows("SELECT count(*) FROM removals") == [["0"]])
            let pages = try file.rows("PRAGMA page_count")
            #expect(try Int(file.rows("PRAGMA freelist_count")[0][0]) ?? 0 > 50)
            try writer.write(closed(6, at: 30, steps: 2_000))
            #expect(try file.rows("PRAGMA page_count") == pages)
            try store.close()
        }
    }

    @Test func `a database whose latest rows were removed opens again after a kill`() async throws {
        try await withFolder { folder in
            let store = try SQLiteStore(path: "\(folder)/baton.db")
            let writer = try store.makeWriter()
            try writer.write(closed(1, at: 10, steps: 5))
            try writer.write(.removeExecution(key: 1))
            try writer.begin()
            _ = try writer.purge(limit: 100)
            try writer.commit()
            for suffix in ["", "-wal", "-lock"] {
                try FileManager.default.copyItem(atPath: store.path + suffix, toPath: "\(folder)/killed.db\(suffix)")
            }
            let killed = try SQLiteStore(path: "\(folder)/killed.db")
            #expect(try killed.makeWriter().execution(key: 1) == nil)
            try killed.close()
            try store.close()
        }
    }

    @Test func `the children of a map run go with their parent`() async throws {
        try await withFolder { folder in
            let store = try SQLiteStore(path: "\(folder)/baton.db")
            let writer = try store.makeWriter()
            try writer.write(.insertExecution(Sample.execution(1)))
            var run = MapRunRecord(
                number: 1, arn: "arn:run", execution: 1, executionARN: Sample.execution(1).identity.arn,
                stateMachineARN: Sample.machineARN, stateMachineName: "onboarding", roleARN: "r", revision: 1,
                pointer: "/States/M", label: "M", executionType: .standard, status: .running, phase: .running,
                startedAt: Sample.at(0), maxConcurrency: 0, toleratedFailureCount: nil,
                toleratedFailurePercentage: nil, plan: [:])
            try writer.write(
                .insertMapRun(run),
                .appendMapItems(MapItemsRow(mapRun: 1, first: 0, count: 3, items: Array("[1,2,3]".utf8))))
            for key in Int64(2)...4 {
                var child = Sample.execution(key)
                child.child = MapRunChild(mapRun: 1, mapRunARN: "arn:run", firstItem: Int(key) - 2, itemCount: 1)
                try writer.write(.insertExecution(child), .appendJournal(Sample.journal(key, 0, ids: 1...1)))
                try writer.write(
                    .closeExecution(
                        key: key, status: .succeeded, stoppedAt: Sample.at(5), output: "1", error: nil, cause: nil))
            }
            // Children that ended wait for their parent, and the parent for its run.
            #expect(try writer.closedExecutions(until: Sample.at(99), limit: 9) == [])
            try writer.write(
                .closeExecution(
                    key: 1, status: .succeeded, stoppedAt: Sample.at(6), output: "1", error: nil, cause: nil))
            #expect(try writer.closedExecutions(until: Sample.at(99), limit: 9) == [])
            run.phase = .done
            run.status = .succeeded
            try writer.write(.updateMapRun(run))
            #expect(try writer.closedExecutions(until: Sample.at(99), limit: 9) == [1])
            try writer.write(.removeExecution(key: 1))
            var count = 1
            while count > 0 {
                try writer.begin()
                count = try writer.purge(limit: 2)
                try writer.commit()
            }
            let file = try RawDatabase(store.path)
            for table in ["executions", "journal", "map_runs", "map_run_items", "removals"] {
                #expect(try file.rows("SELECT count(*) FROM \(table)") == [["0"]], "\(table)")
            }
            try store.close()
        }
    }
}

extension ExecutionStore {
    func makeAnyWriter() throws(StoreError) -> any StoreWriter { try makeWriter() }
}
