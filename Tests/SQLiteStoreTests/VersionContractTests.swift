import Interpreter
import JSONValue
import Orchestrator
import Testing

/// What every store does with versions and aliases, and with what was started by them.
@Suite struct VersionContractTests {
    private static func version(_ number: Int, of machine: StateMachineRecord) -> StateMachineVersionRecord {
        StateMachineVersionRecord(
            stateMachineARN: machine.arn, number: number, createdAt: Sample.start,
            description: number == 1 ? nil : "v\(number)", revision: machine.revision)
    }

    private static func alias(
        _ name: String, of machine: StateMachineRecord, _ routes: [(Int, Int)]
    ) -> StateMachineAliasRecord {
        StateMachineAliasRecord(
            stateMachineARN: machine.arn, name: name, description: "d", createdAt: Sample.start,
            updatedAt: Sample.start,
            routes: routes.map { StateMachineAliasRecord.Route(version: $0.0, weight: $0.1) })
    }

    @Test(arguments: StoreKind.allCases)
    func `versions are kept, listed newest first, and deleted`(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            let writer = try store.makeWriter()
            var machine = Sample.machine(revision: 1)
            let first = Self.version(1, of: machine)
            try writer.write(.insertStateMachine(machine), .insertVersion(first))
            machine.revision = Sample.machine(revision: 2).revision
            machine.revision.settings = ["a": 1]
            machine.lastVersion = 2
            let second = Self.version(2, of: machine)
            try writer.write(.updateStateMachine(machine), .insertVersion(second))

            #expect(try writer.stateMachine(arn: machine.arn) == machine)
            #expect(try writer.version(stateMachineARN: machine.arn, number: 2) == second)
            #expect(try await store.version(stateMachineARN: machine.arn, number: 1) == first)
            #expect(try writer.version(ofRevision: 2) == second)
            #expect(try writer.version(ofRevision: 3) == nil)
            #expect(try writer.versionCount(stateMachineARN: machine.arn) == 2)
            var page = try await store.versions(stateMachineARN: machine.arn, after: nil, limit: 1)
            #expect(page.items.map(\.number) == [2] && page.items[0].revision.definition == "")
            page = try await store.versions(stateMachineARN: machine.arn, after: page.next, limit: 1)
            #expect(page.items.map(\.number) == [1] && page.next == nil)

            try writer.write(.deleteVersion(stateMachineARN: machine.arn, number: 2))
            #expect(try writer.version(ofRevision: 2) == nil)
            #expect(try writer.revision(number: 2) == machine.revision, "executions may still run on it")
            try writer.write(.deleteStateMachine(arn: machine.arn))
            #expect(try writer.versionCount(stateMachineARN: machine.arn) == 0)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `aliases are saved over each other, and listed by name and version`(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            let writer = try store.makeWriter()
            let machine = Sample.machine(revision: 1)
            try writer.write(
                .insertStateMachine(machine), .saveAlias(Self.alias("b", of: machine, [(1, 100)])),
                .saveAlias(Self.alias("a", of: machine, [(1, 40), (2, 60)])))
            var changed = Self.alias("b", of: machine, [(2, 100)])
            changed.description = nil
            try writer.write(.saveAlias(changed))
            #expect(try writer.alias(stateMachineARN: machine.arn, name: "b") == changed)
            #expect(try await store.alias(stateMachineARN: machine.arn, name: "b") == changed)
            #expect(try writer.aliases(stateMachineARN: machine.arn).map(\.name) == ["a", "b"])
            for (version, names) in [(nil, ["a", "b"]), (1, ["a"]), (2, ["a", "b"]), (3, [])] as [(Int?, [String])] {
                let page = try await store.aliases(
                    stateMachineARN: machine.arn, version: version, after: nil, limit: 5)
                #expect(page.items.map(\.name) == names)
            }
            let page = try await store.aliases(
                stateMachineARN: machine.arn, version: 2, after: PageCursor(key: "a"), limit: 5)
            #expect(page.items.map(\.name) == ["b"])
            try writer.write(.deleteAlias(stateMachineARN: machine.arn, name: "a"))
            #expect(try writer.alias(stateMachineARN: machine.arn, name: "a") == nil)
            try writer.write(.deleteStateMachine(arn: machine.arn))
            #expect(try writer.aliases(stateMachineARN: machine.arn).isEmpty)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `executions are found by version and alias`(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            let writer = try store.makeWriter()
            let machine = Sample.machine(revision: 1)
            try writer.write(.insertStateMachine(machine))
            for (key, version, alias) in [(1, nil, nil), (2, 1, nil), (3, 1, "a"), (4, 2, "a")]
                as [(Int64, Int?, String?)]
            {
                var record = Sample.execution(key)
                record.version = version
                record.alias = alias
                if key == 4 { record.identity.redriveCount = 1 }
                try writer.write(.insertExecution(record))
                #expect(try writer.execution(key: key) == record)
            }
            let arn = Sample.execution(1).identity.stateMachineARN
            let filters: [(ExecutionFilter, [Int64])] = [
                (ExecutionFilter(stateMachineARN: arn, version: 1), [3, 2]),
                (ExecutionFilter(stateMachineARN: arn, alias: "a"), [4, 3]),
                (ExecutionFilter(stateMachineARN: arn, status: .running, version: 1), [3, 2]),
                (ExecutionFilter(stateMachineARN: arn, redriven: true), [4]),
                (ExecutionFilter(stateMachineARN: arn, redriven: false), [3, 2, 1]),
            ]
            for (filter, keys) in filters {
                let page = try await store.executions(filter, after: nil, limit: 10)
                #expect(page.items.map(\.identity.key) == keys, "\(filter)")
            }
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `an activity's settings change alone`(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            let writer = try store.makeWriter()
            var activity = Sample.activity("a")
            try writer.write(.insertActivity(activity))
            activity.settings = ["tags": []]
            try writer.write(.updateActivity(activity))
            #expect(try writer.activity(arn: activity.arn) == activity)
            #expect(try await store.activities(after: nil, limit: 1).items == [activity])
        }
    }
}
