import Interpreter
import JSONValue
import StatesLanguage

extension EngineCore {
    /// Client tokens are remembered so long, and so many of them.
    private static var tokenSeconds: Double { 900 }
    private static var tokenCount: Int { 10 }

    /// RedriveExecution. What was in memory and in rows went when the execution ended: it is rebuilt from its journal.
    mutating func redrive(
        _ arn: String, clientToken: String?, at now: Timestamp, _ effects: inout Effects
    ) throws(StoreError) -> Result<Timestamp, ServiceError> {
        guard var record = try writer.execution(arn: arn) else {
            return .failure(.init(.executionDoesNotExist, "Execution Does Not Exist: '\(arn)'"))
        }
        let tokens = record.redriveTokens.filter { $0.time.adding(seconds: Self.tokenSeconds) > now }
        if let clientToken, tokens.contains(where: { $0.token.utf8.elementsEqual(clientToken.utf8) }) {
            return .success(record.redrivenAt ?? now)
        }
        let key = record.identity.key
        // Read without the cache, which forgets deletions only with the next change.
        let machine = try writer.stateMachine(arn: record.identity.stateMachineARN)
        let rows = record.status == .running ? [] : try writer.journal(execution: key, after: -1)
        let redrivability = Redrivability(
            of: record, machine: machine?.status,
            lastEventID: rows.last { $0.historyIDs != nil }?.historyIDs?.upperBound ?? 0,
            limit: configuration.limits.events, at: now)
        if let obstacle = redrivability.obstacle { return .failure(.init(.executionNotRedrivable, obstacle)) }
        guard let revision = try writer.revision(number: record.revision),
            case .success(let definition) = try compiled(revision)
        else {
            return .failure(
                .init(
                    .executionNotRedrivable,
                    "The definition of execution \(arn) is not one that this Baton understands"))
        }
        var events: [JournalEvent] = []
        do throws(JournalError) {
            for row in rows { events += try Journal.decode(row.events) }
        } catch {
            throw StoreError(
                .unreadableExecution, "The journal of execution \(arn) cannot be read: \(error.message).")
        }
        record.identity.redriveCount += 1
        guard
            let (execution, step) = Execution.redrive(
                record.identity, definition: definition, limits: configuration.limits, from: events, at: now,
                using: &random, effort: .slice)
        else {
            return .failure(
                .init(.executionNotRedrivable, "The history of execution \(arn) does not say where it stopped"))
        }
        record.status = .running
        record.stoppedAt = nil
        (record.output, record.error, record.cause) = (nil, nil, nil)
        record.redrivenAt = now
        record.redriveTokens = tokens.suffix(Self.tokenCount - 1)
        if let clientToken { record.redriveTokens.append(RedriveToken(token: clientToken, time: now)) }
        try apply(
            .reopenExecution(
                key: key, redriveCount: record.identity.redriveCount, redrivenAt: now, tokens: record.redriveTokens))
        let live = LiveExecution(
            execution: execution, record: record, sequence: (rows.last?.sequence ?? -1) + 1, checkpointed: 0)
        self.live[key] = live
        openExecutions = openExecutions.map { $0 + 1 }
        effects.announce.append(announcement(of: live, status: .running))
        try write(step, of: live, at: now, &effects)
        return .success(now)
    }
}
