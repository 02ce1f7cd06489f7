package import JSONValue

/// What a check of a database found.
package struct DatabaseReport: Sendable {
    package struct Finding: Sendable, Hashable {
        /// Which promise is broken.
        package var check: Check
        /// What it is about: an execution's ARN, a table, the file.
        package var subject: String
        package var problem: String
    }

    package enum Check: String, Sendable, CaseIterable {
        case file, references, rows, journal, fold, checkpoint, work, mapRuns = "map runs"

        /// What it proves, in a few words.
        package var promise: String {
            switch self {
            case .file: "SQLite reads every page, and every index fits its table"
            case .references: "every row that is referred to is there"
            case .rows: "open executions alone have tasks, timers and checkpoints; closed ones an end"
            case .journal: "steps and history ids without a gap; one end per execution and redrive"
            case .fold: "each journal leads to what its execution's row says"
            case .checkpoint: "each checkpoint is what the journal leads to"
            case .work: "every open execution has something that lets it go on, and no more"
            case .mapRuns: "the counts of map runs are those of their children"
            }
        }

        /// What to do about it.
        package var advice: String {
            switch self {
            case .file:
                "Stop the server, and put a backup in place (`baton restore --force`); without one, `sqlite3 FILE "
                    + ".recover` salvages what can be read."
            case .references, .rows, .work, .mapRuns:
                "The server goes on with the others. Stop the executions named (`baton stop`) and start them anew, or "
                    + "put a backup in place; if nobody but Baton wrote to the file, please report it."
            case .journal, .fold:
                "The executions named cannot be trusted: stop and start them anew, or put a backup in place; if nobody "
                    + "but Baton wrote to the file, please report it."
            case .checkpoint:
                "The journal is right, and a checkpoint can be made anew: with the server stopped, delete the rows of "
                    + "`checkpoints` that are named, and please report it."
            }
        }
    }

    package var database: String
    /// 0 where it could not be read.
    package var schema = 0
    package var bytes = 0
    package var logBytes = 0
    package var freeBytes = 0
    /// What there is, by name.
    package var counts: [(name: String, count: Int)] = []
    /// Executions whose journals were folded.
    package var folded = 0
    package var steps = 0
    /// The first of each check.
    package var findings: [Finding] = []
    package var numbers: [Check: Int] = [:]
    /// Checks that were not made, and why.
    package var omitted: [Check: String] = [:]
    /// Whether SQLite can live with what is wrong.
    package var isReadable = true

    package init(database: String) { self.database = database }

    package var isSound: Bool { numbers.isEmpty }

    /// One line for messages.
    package var summary: String {
        guard let first = findings.first else { return "nothing is wrong" }
        let count = numbers.values.reduce(0, +)
        return "\(first.subject): \(first.problem)" + (count > 1 ? ", and \(count - 1) more" : "")
    }

    mutating func find(_ check: Check, _ subject: String, _ problem: String) {
        numbers[check, default: 0] += 1
        if numbers[check, default: 0] <= Self.most {
            findings.append(Finding(check: check, subject: subject, problem: problem))
        }
        if check == .file { isReadable = false }
    }

    /// Findings of one check that are named.
    package static let most = 20

    package var json: JSON {
        var checks = JSONObject()
        for check in Check.allCases {
            checks[check.rawValue] =
                omitted[check].map { ["omitted": .string($0)] }
                ?? ["findings": .int(Int64(numbers[check] ?? 0))]
        }
        return [
            "database": .string(database), "sound": .bool(isSound), "schema": .int(Int64(schema)),
            "bytes": .int(Int64(bytes)), "logBytes": .int(Int64(logBytes)), "freeBytes": .int(Int64(freeBytes)),
            "counts": .object(JSONObject(counts.map { ($0.name, .int(Int64($0.count))) })),
            "foldedExecutions": .int(Int64(folded)), "foldedSteps": .int(Int64(steps)), "checks": .object(checks),
            "findings": .array(
                findings.map {
                    [
                        "check": .string($0.check.rawValue), "subject": .string($0.subject),
                        "problem": .string($0.problem),
                    ]
                }),
        ]
    }
}
