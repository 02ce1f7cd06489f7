import AMQP
import Interpreter

/// Finds the targets whose queues confirm nothing, though the connection stands.
struct StuckTargets {
    /// How many publications in a row ended without an answer.
    private var silent: [ScheduledTask.Target: Int] = [:]
    private var replacing: Set<ScheduledTask.Target> = []
    /// One might be a hiccup of the broker.
    private static let limit = 2

    /// - Parameter onSameConnection: whether the connection that published them still stands.
    /// - Returns: the targets of which enough was heard, or rather not heard. Counting starts again with them.
    mutating func note(
        _ outcomes: some Sequence<(ScheduledTask.Target, PublishOutcome)>, onSameConnection: Bool
    ) -> [ScheduledTask.Target] {
        var lost: Set<ScheduledTask.Target> = []
        var answered: Set<ScheduledTask.Target> = []
        for (target, outcome) in outcomes {
            if outcome == .lost { lost.insert(target) } else { answered.insert(target) }
        }
        if !answered.isEmpty, !silent.isEmpty { for target in answered { silent[target] = nil } }
        guard onSameConnection, !lost.isEmpty else { return [] }
        var stuck: [ScheduledTask.Target] = []
        for target in lost.subtracting(answered) {
            let count = silent[target, default: 0] + 1
            if count >= Self.limit { stuck.append(target) }
            silent[target] = count >= Self.limit ? nil : count
        }
        return stuck
    }

    /// - Returns: whether nobody is at it.
    mutating func beginReplacing(_ target: ScheduledTask.Target) -> Bool { replacing.insert(target).inserted }

    mutating func endReplacing(_ target: ScheduledTask.Target) {
        replacing.remove(target)
        silent[target] = nil
    }
}
