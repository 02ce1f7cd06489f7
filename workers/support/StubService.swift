import JSONValue
package import WorkerSDK

/// A worker over a ledger: every activity strikes the faults that were asked for, and then works in one transaction.
package struct StubService: Sendable {
    package let ledger: Ledger
    package let faults: FaultPlan
    package private(set) var worker: Worker

    package init(_ configuration: WorkerConfiguration, ledger: Ledger, faults: FaultOptions) {
        self.ledger = ledger
        let plan = FaultPlan(faults)
        self.faults = plan
        worker = Worker(configuration)
        worker.probe = { plan.reached($0) }
    }

    /// Registers an activity whose whole work is in the ledger.
    package mutating func activity<Input: Decodable & Sendable & OfUser, Output: Codable & Sendable>(
        _ name: String, _ body: @escaping @Sendable (Input, Records) throws -> Output
    ) {
        worker.activity(name) { [ledger, faults] (input: Input, context: TaskContext) in
            try await faults.strike()
            return try await ledger.once(name, user: input.userId, context) { try body(input, $0) }
        }
    }

    /// Registers an activity that does more than that.
    package mutating func activity<Input: Decodable & Sendable, Output: Encodable & Sendable>(
        _ name: String, custom body: @escaping @Sendable (Input, TaskContext) async throws -> Output
    ) {
        worker.activity(name) { [faults] (input: Input, context: TaskContext) in
            try await faults.strike()
            return try await body(input, context)
        }
    }

    /// Prints the records, or works.
    package func run(_ options: WorkerOptions) async throws {
        if options.list {
            let listing = try ledger.listing()
            print(options.json ? listing.json.serialized() + "\n" : listing.text, terminator: "")
        } else {
            try await worker.run()
        }
    }
}

/// An input that is about a user.
package protocol OfUser {
    var userId: String { get }
}

/// The input of every undoing activity.
package struct UserReference: Codable, Sendable, OfUser {
    package var userId: String
}

/// The output of every undoing activity: whether there was something to undo.
package struct Deleted: Codable, Sendable {
    package var deleted: Bool

    package init(deleted: Bool) { self.deleted = deleted }
}
