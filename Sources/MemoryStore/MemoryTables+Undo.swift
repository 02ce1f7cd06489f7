import Interpreter
package import Orchestrator

/// What a change replaced, so that a transaction can be taken back without a copy of everything.
package enum MemoryUndo: Sendable {
    case execution(Int64, TextKey, ExecutionRecord?)
    case journal(Int64, [JournalRow]?)
    case checkpoint(Int64, CheckpointRow?)
    case task(TaskKey, MemoryTables.NumberedTask?)
    case timer(TimerKey, TimerRow?)
    case message(Int64, OutboxMessage?)
    /// For changes that are rare: the next change after it pays for the copy.
    case everything(MemoryTables)
}

extension MemoryTables {
    /// Notes what `operation` is about to change. To be called before it is applied.
    package func note(_ operation: WriteOperation, in log: inout [MemoryUndo]) {
        switch operation {
        case .insertExecution(let record):
            log.append(
                .execution(record.identity.key, TextKey(record.identity.arn), executions[record.identity.key]))
        case .closeExecution(let key, _, _, _, _, _):
            guard let record = executions[key] else { return }
            log.append(.execution(key, TextKey(record.identity.arn), record))
            if forgetsClosed {
                log.append(.checkpoint(key, checkpoints[key]))
                log.append(.journal(key, journal[key]))
            }
        case .appendJournal(let row): log.append(.journal(row.execution, journal[row.execution]))
        case .saveCheckpoint(let row): log.append(.checkpoint(row.execution, checkpoints[row.execution]))
        case .deleteCheckpoint(let execution): log.append(.checkpoint(execution, checkpoints[execution]))
        case .openTask(let row): log.append(.task(row.key, tasks[row.key]))
        case .setTaskPhase(let key, _, _), .closeTask(let key): log.append(.task(key, tasks[key]))
        case .armTimer(let row): log.append(.timer(row.key, timers[row.key]))
        case .clearTimer(let key): log.append(.timer(key, timers[key]))
        case .enqueueMessage(let message): log.append(.message(message.number, outbox[message.number]))
        case .dequeueMessage(let number): log.append(.message(number, outbox[number]))
        default: log.append(.everything(self))
        }
    }

    /// Takes everything back that `log` holds, the latest first.
    package mutating func takeBack(_ log: [MemoryUndo]) {
        for entry in log.reversed() {
            switch entry {
            case .execution(let key, let arn, let record):
                executions[key] = record
                executionKeys[arn] = record == nil ? nil : key
            case .journal(let key, let rows): journal[key] = rows
            case .checkpoint(let key, let row): checkpoints[key] = row
            case .task(let key, let task): tasks[key] = task
            case .timer(let key, let row): timers[key] = row
            case .message(let number, let message): outbox[number] = message
            case .everything(let tables): self = tables
            }
        }
    }
}
