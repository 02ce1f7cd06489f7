package import Interpreter
package import JSONValue
package import StatesLanguage

/// A map run: the children of one distributed Map state, counted rather than held.
package struct MapRunRecord: Sendable, Hashable {
    package enum Status: String, Sendable, CaseIterable {
        case running = "RUNNING"
        case succeeded = "SUCCEEDED"
        case failed = "FAILED"
        case aborted = "ABORTED"
    }

    /// What is being done about it.
    package enum Phase: String, Sendable {
        /// Its items are being read from an object store.
        case reading
        /// Children start and end.
        case running
        /// Children that still run are aborted.
        case ending
        /// The results are being written to a bucket.
        case writing
        /// Its execution is to hear of the end.
        case telling
        case done
    }

    /// The store's number for it (`StoreWriter.nextMapRunNumber`).
    package var number: Int64
    package var arn: String
    /// The execution whose state waits for it.
    package var execution: Int64
    package var executionARN: String
    package var stateMachineARN: String
    package var stateMachineName: String
    package var roleARN: String
    /// The revision that its children are made of, and where in it the Map state stands.
    package var revision: Int64
    package var pointer: String
    package var label: String
    package var executionType: DistributedMap.ExecutionType
    package var status: Status
    package var phase: Phase
    package var startedAt: Timestamp
    package var stoppedAt: Timestamp?
    package var redriveCount = 0
    package var redrivenAt: Timestamp?
    /// 0 for no limit but the engine's.
    package var maxConcurrency: Int
    package var toleratedFailureCount: Int?
    package var toleratedFailurePercentage: Double?
    /// How it will end, while it is ending or writing.
    package var outcome: Status?
    package var failure: StateFailure?
    package var progress = MapRunProgress()
    /// `MapRunPlan.stored`.
    package var plan: JSON

    /// What its children's machine is called: `MACHINE/LABEL`.
    package var childMachineARN: String { stateMachineARN + "/" + label }
    package var childMachineName: String { stateMachineName + "/" + label }

    package init(
        number: Int64, arn: String, execution: Int64, executionARN: String, stateMachineARN: String,
        stateMachineName: String, roleARN: String, revision: Int64, pointer: String, label: String,
        executionType: DistributedMap.ExecutionType, status: Status, phase: Phase, startedAt: Timestamp,
        maxConcurrency: Int, toleratedFailureCount: Int?, toleratedFailurePercentage: Double?, plan: JSON
    ) {
        self.number = number
        self.arn = arn
        self.execution = execution
        self.executionARN = executionARN
        self.stateMachineARN = stateMachineARN
        self.stateMachineName = stateMachineName
        self.roleARN = roleARN
        self.revision = revision
        self.pointer = pointer
        self.label = label
        self.executionType = executionType
        self.status = status
        self.phase = phase
        self.startedAt = startedAt
        self.maxConcurrency = maxConcurrency
        self.toleratedFailureCount = toleratedFailureCount
        self.toleratedFailurePercentage = toleratedFailurePercentage
        self.plan = plan
    }
}

/// How far a map run has come.
package struct MapRunProgress: Sendable, Hashable {
    /// Items that were found so far; all of them once the run is no longer reading.
    package var total = 0
    /// The first item that no child has got yet.
    package var next = 0
    package var items = Counts()
    package var executions = Counts()

    package struct Counts: Sendable, Hashable {
        package var running = 0
        package var succeeded = 0
        package var failed = 0
        package var timedOut = 0
        package var aborted = 0
        package var resultsWritten = 0
        package var pendingRedrive = 0

        /// Those that were begun.
        package var begun: Int { running + succeeded + failed + timedOut + aborted + pendingRedrive }

        package init() {}

        /// What did not succeed is to be done again.
        package mutating func awaitRedrive() {
            pendingRedrive += failed + timedOut + aborted
            (failed, timedOut, aborted) = (0, 0, 0)
        }

        package mutating func end(_ status: ExecutionStatus, count: Int) {
            running -= count
            switch status {
            case .succeeded: succeeded += count
            case .failed: failed += count
            case .timedOut: timedOut += count
            case .aborted: aborted += count
            case .running: running += count
            }
        }
    }

    package init() {}

    // MARK: As it is stored

    package var stored: JSON {
        [
            "total": .int(Int64(total)), "next": .int(Int64(next)), "items": items.stored,
            "executions": executions.stored,
        ]
    }

    package init(stored: JSON) {
        total = stored["total"]?.intValue.map(Int.init) ?? 0
        next = stored["next"]?.intValue.map(Int.init) ?? 0
        items = Counts(stored: stored["items"] ?? .null)
        executions = Counts(stored: stored["executions"] ?? .null)
    }
}

extension MapRunProgress.Counts {
    private static var fields: [(String, WritableKeyPath<Self, Int>)] {
        [
            ("running", \.running), ("succeeded", \.succeeded), ("failed", \.failed), ("timedOut", \.timedOut),
            ("aborted", \.aborted), ("resultsWritten", \.resultsWritten), ("pendingRedrive", \.pendingRedrive),
        ]
    }

    fileprivate var stored: JSON {
        .object(JSONObject(Self.fields.map { ($0.0, .int(Int64(self[keyPath: $0.1]))) }))
    }

    fileprivate init(stored: JSON) {
        for (name, field) in Self.fields { self[keyPath: field] = stored[name]?.intValue.map(Int.init) ?? 0 }
    }
}

/// Some of a map run's items, in order.
package struct MapItemsRow: Sendable, Hashable {
    package var mapRun: Int64
    /// The number of the first one.
    package var first: Int
    package var count: Int
    /// A JSON array.
    package var items: [UInt8]

    package init(mapRun: Int64, first: Int, count: Int, items: [UInt8]) {
        self.mapRun = mapRun
        self.first = first
        self.count = count
        self.items = items
    }
}

/// What makes an execution the child of a map run.
package struct MapRunChild: Sendable, Hashable {
    package var mapRun: Int64
    package var mapRunARN: String
    package var firstItem: Int
    package var itemCount: Int

    package init(mapRun: Int64, mapRunARN: String, firstItem: Int, itemCount: Int) {
        self.mapRun = mapRun
        self.mapRunARN = mapRunARN
        self.firstItem = firstItem
        self.itemCount = itemCount
    }
}

/// What UpdateMapRun changes; nil leaves it.
package struct MapRunChange: Sendable, Hashable {
    package var maxConcurrency: Int?
    package var toleratedFailureCount: Int?
    package var toleratedFailurePercentage: Double?

    package init(maxConcurrency: Int?, toleratedFailureCount: Int?, toleratedFailurePercentage: Double?) {
        self.maxConcurrency = maxConcurrency
        self.toleratedFailureCount = toleratedFailureCount
        self.toleratedFailurePercentage = toleratedFailurePercentage
    }
}
