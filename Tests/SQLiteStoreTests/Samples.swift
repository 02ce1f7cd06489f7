import Interpreter
import JSONValue
import Orchestrator

/// Records to store, each different from the next.
enum Sample {
    static let machineARN = "arn:aws:states:us-east-1:123456789012:stateMachine:onboarding"
    static let start = Timestamp(microseconds: 1_735_689_600_123_456)

    static func at(_ seconds: Double) -> Timestamp { start.adding(seconds: seconds) }

    static func machine(_ name: String = "onboarding", revision: Int64 = 1) -> StateMachineRecord {
        StateMachineRecord(
            arn: "arn:aws:states:us-east-1:123456789012:stateMachine:\(name)", name: name, kind: .standard,
            status: .active, createdAt: at(-10),
            revision: StateMachineRevision(
                number: revision, id: "revision-\(revision)", definition: #"{"StartAt": "A\#(revision)"}"#,
                roleARN: "arn:aws:iam::123456789012:role/r\(revision)", createdAt: at(Double(revision))),
            settings: ["logging": ["level": "OFF"], "tracing": false])
    }

    static func execution(
        _ key: Int64, machine: String = "onboarding", status: ExecutionStatus = .running, input: String = "{ \"n\" :1}"
    ) -> ExecutionRecord {
        ExecutionRecord(
            identity: ExecutionIdentity(
                key: key, partition: 3, arn: "arn:aws:states:us-east-1:123456789012:execution:\(machine):run-\(key)",
                name: "run-\(key)", stateMachineARN: "arn:aws:states:us-east-1:123456789012:stateMachine:\(machine)",
                stateMachineName: machine, roleARN: "arn:aws:iam::123456789012:role/r", startedAt: at(Double(key)),
                redriveCount: 0),
            revision: 1, status: status, input: input, traceHeader: key % 2 == 0 ? nil : "Root=1-\(key)",
            reply: key % 3 == 0 ? .init(queue: "replies", correlationID: key % 2 == 0 ? nil : "c\(key)") : nil)
    }

    static func journal(_ execution: Int64, _ sequence: Int, ids: ClosedRange<Int>?) -> JournalRow {
        let time = at(Double(sequence))
        let events = (ids.map(Array.init) ?? []).map { id in
            #"{"id":\#(id),"previous":0,"time":\#(time.microseconds),"scope":0,"type":"PassStateEntered","state":"A"}"#
        }
        return JournalRow(
            execution: execution, sequence: sequence, historyIDs: ids, time: time,
            events: Array("[\(events.joined(separator: ","))]".utf8))
    }

    static func task(
        _ execution: Int64, _ task: Int, target: ScheduledTask.Target = .function(name: "resize"),
        phase: TaskRow.Phase = .pending, input: String = #"{"x":"é"}"#
    ) -> TaskRow {
        TaskRow(
            key: TaskKey(execution: execution, task: task), phase: phase, target: target,
            token: "0.\(execution).\(task).secret", state: "Resize", attempt: task % 3, input: Array(input.utf8),
            scheduledAt: at(Double(task)), timeoutSeconds: task % 2 == 0 ? nil : 60,
            heartbeatSeconds: task % 2 == 0 ? 5 : nil,
            executionARN: Sample.execution(execution).identity.arn, stateMachineARN: machineARN)
    }

    static func activity(_ name: String) -> ActivityRecord {
        ActivityRecord(
            arn: "arn:aws:states:us-east-1:123456789012:activity:\(name)", name: name, createdAt: at(1))
    }

    static func target(_ name: String) -> ScheduledTask.Target { .activity(arn: activity(name).arn, name: name) }

    static func timer(_ execution: Int64, _ timer: Int, due seconds: Double) -> TimerRow {
        TimerRow(
            key: TimerKey(execution: execution, timer: timer), due: at(seconds), purpose: "wait", interval: 2.5)
    }

    static func message(_ number: Int64) -> OutboxMessage {
        OutboxMessage(
            number: number, queue: "replies", correlationID: number % 2 == 0 ? nil : "c\(number)", type: "success",
            executionARN: "arn:x", body: Array(#"{"n":\#(number)}"#.utf8))
    }
}

extension StoreWriter {
    /// One transaction.
    func write(_ operations: [WriteOperation]) throws {
        try begin()
        do {
            for operation in operations { try apply(operation) }
            try commit()
        } catch {
            rollback()
            throw error
        }
    }

    func write(_ operations: WriteOperation...) throws { try write(operations) }
}
