/// A moment at which a crash could lose or double something, if the order of things were wrong.
package enum CrashPoint: String, CaseIterable, Sendable {
    /// Everything is in the transaction, nothing is durable.
    case beforeCommit = "before-commit"
    /// It is durable, and nobody was told.
    case afterCommit = "after-commit"
    case beforePublish = "before-publish"
    /// Handed to the connection; the broker may have it or not.
    case afterPublish = "after-publish"
    /// The broker has it, and the database does not know.
    case afterConfirm = "after-confirm"
    case beforeAcknowledgement = "before-ack"
    case afterAcknowledgement = "after-ack"
    /// The database is open, and half of what was under way is found.
    case duringRecovery = "during-recovery"
    /// A saved fold is written, and not committed.
    case duringCheckpoint = "during-checkpoint"
    /// A step of an upgrade is done, and not committed.
    case duringMigration = "during-migration"
    /// A part of a database is copied, for a backup or a restore.
    case duringCopy = "during-copy"
    /// The copy is whole, and has not taken the name that it is for.
    case beforeRename = "before-rename"
    /// It has; of a restore, what belonged to the old database still lies there.
    case afterRename = "after-rename"

    /// The environment variable that arms one: `BATON_CRASH_AT=after-commit:3` ends the process, as SIGKILL does, when
    /// it passes that point for the third time. Of debug builds alone; in release builds there is nothing to arm.
    package static let variable = "BATON_CRASH_AT"
}

#if DEBUG

import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Says that the process has come to this point, where a test may have it die.
package func crashPoint(_ point: CrashPoint) {
    guard let armed = ArmedCrash.shared, armed.point == point else { return }
    if armed.remaining.subtract(1, ordering: .relaxed).newValue == 0 { kill(getpid(), SIGKILL) }
}

private final class ArmedCrash: Sendable {
    static let shared = getenv(CrashPoint.variable).map { ArmedCrash(String(cString: $0)) }

    let point: CrashPoint
    let remaining: Atomic<Int>

    /// A test that misspells a point must not pass.
    init(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let point = CrashPoint(rawValue: String(parts[0])), let count = Int(parts[1]), count > 0
        else {
            let known = CrashPoint.allCases.map(\.rawValue).joined(separator: ", ")
            let sentence = Array("\(CrashPoint.variable) has to be POINT:COUNT, POINT one of \(known)\n".utf8)
            _ = write(2, sentence, sentence.count)
            exit(2)
        }
        self.point = point
        remaining = Atomic(count)
    }
}

#else

package func crashPoint(_ point: CrashPoint) {}

#endif
